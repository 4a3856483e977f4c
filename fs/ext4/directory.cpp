#include "fs/ext4/directory.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/checked.hpp"
#include "core/read/map_reader.hpp"
#include "core/volume/directory_notes.hpp"
#include "fs/ext4/directory_hash.hpp"
#include "fs/ext4/dirhash.hpp"
#include "fs/ext4/dx_block.hpp"
#include "fs/ext4/extent_node.hpp"
#include "fs/ext4/inline_data.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::uint64_t kWindow = 65536;        // a multiple of every block size
constexpr std::uint32_t kMinRecordLength = 12;  // an entry with a name of one byte

/// Goes through the blocks of one directory.
class Scan {
 public:
  Scan(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode, const read::FileMap& map)
      : filesystem_(*filesystem),
        inode_(inode),
        map_(map),
        end_(end_of(inode, filesystem->block_size())),
        reader_(filesystem->source, map, end_, filesystem->block_size()),
        buffer_(kWindow),
        budget_(filesystem->source->size()),
        hash_in_entries_(has_hash_in_entries(inode)) {}

  volume::Directory run() {
    if (inode_.has(kInlineDataFlag)) {
      read_inline();
      return finish();
    }
    if (inode_.facts.size % filesystem_.block_size() != 0) {
      note("its size of " + std::to_string(inode_.facts.size) + " bytes is no multiple of the block size");
    }
    std::uint64_t at = 0;
    while (at < end_ && !spent_) {
      const read::MapPiece piece = map_.piece(at, end_);
      for (const read::MapFault& fault : piece.faults)
        note(blocks(fault.range.offset, fault.range.length) + ": " + fault.reason);
      for (const read::Extent& extent : piece.extents) {
        if (extent.kind == read::ExtentKind::kStored) {
          read_extent(extent);
        } else if (piece.faults.empty()) {
          note(blocks(extent.file_offset, extent.length) + ": nothing is stored there");
        }
      }
      at = piece.end;
    }
    for (Finding& finding : map_.findings()) note(finding);
    return finish();
  }

 private:
  volume::Directory finish() {
    result_.findings = notes_.take();
    return std::move(result_);
  }

  static std::uint64_t end_of(const InodeRecord& inode, std::uint32_t block_size) {
    return std::min(round_up(inode.facts.size, block_size), kMaxFileBlocks * block_size);
  }

  void note(const std::string& what) { notes_.add(what); }

  [[nodiscard]] std::string blocks(std::uint64_t offset, std::uint64_t length) const {
    const std::uint64_t first = offset / filesystem_.block_size();
    const std::uint64_t last = (offset + length - 1) / filesystem_.block_size();
    if (first == last) return "directory block " + std::to_string(first);
    return "directory blocks " + std::to_string(first) + " to " + std::to_string(last);
  }

  void read_extent(const read::Extent& extent) {
    const std::uint64_t end = std::min(extent.file_end(), end_);
    for (std::uint64_t at = extent.file_offset; at < end && !spent_;) {
      const std::uint64_t length = std::min(kWindow, end - at);
      if (length > budget_) {
        note(blocks(at, end - at) + ": not read, since the directory claims more bytes than the filesystem has");
        spent_ = true;
        return;
      }
      budget_ -= length;
      read_window(at, length);
      at += length;
    }
  }

  void read_window(std::uint64_t offset, std::uint64_t length) {
    read::Window window;
    window.offset = offset;
    window.bytes = MutableByteSpan(buffer_).first(static_cast<std::size_t>(length));
    reader_.fill(window);
    for (const read::BlockFault& fault : window.faults)
      note(blocks(fault.range.offset, fault.range.length) + ": " + fault.reason);
    for (std::uint64_t at = offset; at < window.end(); at += filesystem_.block_size()) {
      if (window.failed(at, filesystem_.block_size())) continue;
      read_block(at / filesystem_.block_size(), ByteView(window.at(at, filesystem_.block_size())));
    }
  }

  void read_block(std::uint64_t number, ByteView block) {
    const Superblock& s = filesystem_.superblock();
    const bool indexed = inode_.has(kIndexFlag) && (s.features.compat & kCompatDirIndex) != 0;
    std::optional<RawDxRoot> root;
    if (indexed && number == 0) {
      root = parse_dx_root(block, s, hash_in_entries_);
      if (!root) note(entry_at(0, 0) + "the root of its hash tree is damaged; its blocks are read one by one");
    }
    if (number == 0) hash_ = hash_rule(filesystem_, inode_, root, indexed);

    const bool is_index = root || (indexed && number != 0 && is_dx_node(block));
    if (s.metadata_checksums &&
        !directory_block_checksum_good(block, inode_.checksum_seed, is_index, root.has_value())) {
      note("directory block " + std::to_string(number) + ": its checksum is wrong");
    }
    // ".." of a root covers the tree, which must not be taken for names.
    read_entries(number, root ? *block.sub(0, offsetof(RawDxRoot, dotdot)) : block);
  }

  /// Two areas of entries without "." and "..": behind the parent's number in i_block, and the attribute's value
  /// (Documentation/filesystems/ext4/inlinedata.rst, "Inline Directories"). Findings call them blocks 0 and 1.
  void read_inline() {
    const auto parts = find_inline_data(inode_);
    if (!parts) {
      note(parts.error().what);
      return;
    }
    const ByteView bytes(inode_.bytes);
    in_blocks_ = false;
    read_entries(0, *bytes.sub(parts->first.offset + sizeof(Le32), parts->first.length - sizeof(Le32)));
    read_entries(1, *bytes.sub(parts->rest.offset, parts->rest.length));
  }

  static std::string entry_at(std::uint64_t number, std::uint64_t offset) {
    return "directory block " + std::to_string(number) + ", offset " + std::to_string(offset) + ": ";
  }

  void read_entries(std::uint64_t number, ByteView block) {
    for (std::uint64_t offset = 0; offset < block.size();) {
      const auto raw = block.load<RawDirEntry>(offset);
      if (!raw) {
        note(entry_at(number, offset) + "no room for an entry");
        return;
      }
      const std::uint32_t length = decode_rec_len(raw->rec_len, filesystem_.block_size());
      const auto name = block.sub(offset + sizeof(RawDirEntry), raw->name_len);
      if (length < kMinRecordLength || length % 4 != 0 || length < sizeof(RawDirEntry) + raw->name_len || !name ||
          !block.fits(offset, length)) {
        note(entry_at(number, offset) + "rec_len is " + std::to_string(length) + " with a name_len of " +
             std::to_string(raw->name_len) + "; the rest of the block is not read");
        return;
      }
      take_entry(number, offset, *raw, name->str(), *block.sub(offset, length));
      offset += length;
    }
  }

  /// `record` is all of the entry.
  void take_entry(std::uint64_t number, std::uint64_t offset, const RawDirEntry& raw, std::string name,
                  ByteView record) {
    if (raw.inode == 0) return;  // unused, or the checksum at the block's end
    if (in_blocks_ && number == 0 && offset == 0 && name == ".") {
      if (raw.inode != inode_.facts.number.value)
        note(entry_at(number, offset) + "\".\" is inode " + std::to_string(raw.inode));
      return;
    }
    if (in_blocks_ && number == 0 && offset == kMinRecordLength && name == "..") return;
    if (const char* fault = volume::name_fault(name, inode_.facts.encrypted)) {
      note(entry_at(number, offset) + fault);
      return;
    }
    volume::DirEntry entry;
    if (hash_) entry.hash = dirhash(as_bytes(name), *hash_);
    if (hash_in_entries_) {
      const auto hash = stored_hash(raw, record);
      if (!hash) note(entry_at(number, offset) + "no room for the hash behind its name");
      entry.hash = hash.value_or(entry.hash);
    }
    entry.name = std::move(name);
    entry.inode.value = raw.inode;
    result_.entries.push_back(std::move(entry));
  }

  const Filesystem& filesystem_;
  const InodeRecord& inode_;
  const read::FileMap& map_;
  std::uint64_t end_;
  read::MapReader reader_;
  Bytes buffer_;
  std::uint64_t budget_;
  bool spent_ = false;
  bool in_blocks_ = true;  ///< false for inline data
  const bool hash_in_entries_;
  std::optional<HashRule> hash_;
  volume::Directory result_;
  volume::DirectoryNotes notes_{inode_.where()};
};

}  // namespace

volume::Directory read_directory(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode,
                                 const read::FileMap& map) {
  return Scan(filesystem, inode, map).run();
}

}  // namespace coldread::ext4
