#include "fs/ext4/directory_slack.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/base/checked.hpp"
#include "core/read/map_reader.hpp"
#include "fs/ext4/directory_hash.hpp"
#include "fs/ext4/dx_block.hpp"
#include "fs/ext4/extent_node.hpp"
#include "fs/ext4/inline_data.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::uint32_t kMinRecordLength = 12;
constexpr std::uint64_t kStep = 4;             // every record begins at a multiple of it
constexpr std::uint8_t kMaxFileType = 7;       // EXT4_FT_SYMLINK
constexpr std::size_t kMinEncryptedName = 16;  // FSCRYPT_FNAME_MIN_MSG_LEN
constexpr std::uint64_t kDxEntrySize = 8;
constexpr std::uint64_t kDxTailSize = 8;
constexpr std::size_t kMaxNames = std::size_t{1} << 20;

using Name = std::pair<std::string, std::uint64_t>;  ///< with its inode

class SlackScan {
 public:
  SlackScan(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode, const read::FileMap& map,
            const std::vector<volume::DirEntry>& live, const JournalHistory* history)
      : filesystem_(*filesystem),
        superblock_(filesystem->superblock()),
        inode_(inode),
        map_(map),
        history_(history),
        block_size_(filesystem->block_size()),
        end_(std::min(round_up(inode.facts.size, block_size_), kMaxFileBlocks * block_size_)),
        reader_(filesystem->source, map, end_, block_size_),
        buffer_(block_size_),
        budget_(filesystem->source->size()),
        indexed_(inode.has(kIndexFlag) && (superblock_.features.compat & kCompatDirIndex) != 0),
        hash_in_entries_(has_hash_in_entries(inode)) {
    for (const volume::DirEntry& entry : live) {
      live_.emplace(entry.name, entry.inode.value);
      live_names_.insert(entry.name);
    }
  }

  volume::Directory run() {
    if (inode_.has(kInlineDataFlag)) {
      scan_inline();
    } else {
      for (std::uint64_t at = 0; at < end_ && !spent();) {
        const read::MapPiece piece = map_.piece(at, end_);
        for (const read::Extent& extent : piece.extents) {
          if (extent.kind == read::ExtentKind::kStored) scan_extent(extent);
        }
        at = piece.end;
      }
    }
    return finish();
  }

 private:
  [[nodiscard]] bool spent() const { return budget_ < block_size_ || result_.entries.size() >= kMaxNames; }

  volume::Directory finish() {
    // An unused entry has lost its inode; where the same name is there with one, that says more.
    std::set<std::string> with_inode;
    for (const volume::DirEntry& entry : result_.entries) {
      if (entry.inode.value != 0) with_inode.insert(entry.name);
    }
    const auto says_less = [&](const volume::DirEntry& entry) {
      return entry.inode.value == 0 && with_inode.contains(entry.name);
    };
    result_.entries.erase(std::remove_if(result_.entries.begin(), result_.entries.end(), says_less),
                          result_.entries.end());
    return std::move(result_);
  }

  void scan_extent(const read::Extent& extent) {
    const std::uint64_t end = std::min(extent.file_end(), end_);
    for (std::uint64_t at = extent.file_offset; at < end && !spent(); at += block_size_) {
      budget_ -= block_size_;
      read::Window window;
      window.offset = at;
      window.bytes = buffer_;
      reader_.fill(window);
      const std::uint64_t number = at / block_size_;
      if (window.faults.empty()) scan_block(number, buffer_);
      if (history_ != nullptr && superblock_.metadata_checksums) {
        scan_older(number, (extent.source_offset + (at - extent.file_offset)) >> superblock_.block_bits);
      }
    }
  }

  /// The copies of a block of the directory that the journal still holds.
  void scan_older(std::uint64_t number, std::uint64_t block) {
    for (const JournalCopy& copy : history_->copies_of(block)) {
      if (spent()) return;
      budget_ -= block_size_;
      const auto bytes = history_->read(copy);
      if (!bytes) continue;
      const bool is_root = indexed_ && number == 0 && parse_dx_root(*bytes, superblock_, hash_in_entries_);
      const bool is_index = is_root || (indexed_ && number != 0 && dx_node_end(*bytes));
      if (!directory_block_checksum_good(*bytes, inode_.checksum_seed, is_index, is_root)) continue;
      take_live_ = true;
      scan_block(number, *bytes);
      take_live_ = false;
    }
  }

  void scan_block(std::uint64_t number, ByteView block) {
    if (number == 0) {
      std::optional<RawDxRoot> root;
      if (indexed_) root = parse_dx_root(block, superblock_, hash_in_entries_);
      if (!take_live_) hash_ = hash_rule(filesystem_, inode_, root, indexed_);
      if (root) {
        const std::uint64_t used = offsetof(RawDxRoot, limit) + std::uint64_t{root->count} * kDxEntrySize;
        scan_gap(block, used, block.size() - dx_tail());
        return;
      }
    } else if (indexed_) {
      if (const auto used = dx_node_end(block)) {
        scan_gap(block, *used, block.size() - dx_tail());
        return;
      }
    }
    scan_entries(block, number == 0);
  }

  [[nodiscard]] std::uint64_t dx_tail() const { return superblock_.metadata_checksums ? kDxTailSize : 0; }

  /// Where the entries of an inner node of the hash tree end; nothing where the block is none. A leaf without names
  /// looks alike but for its limit.
  [[nodiscard]] std::optional<std::uint64_t> dx_node_end(ByteView block) const {
    if (!is_dx_node(block)) return std::nullopt;
    const std::uint64_t room = (block.size() - sizeof(RawDirEntry) - dx_tail()) / kDxEntrySize;
    const auto limit = block.load<Le16>(sizeof(RawDirEntry));
    const auto count = block.load<Le16>(sizeof(RawDirEntry) + sizeof(Le16));
    if (!limit || !count || *limit != room || *count == 0 || *count > *limit) return std::nullopt;
    return sizeof(RawDirEntry) + std::uint64_t{*count} * kDxEntrySize;
  }

  void scan_inline() {
    const auto parts = find_inline_data(inode_);
    if (!parts) return;
    const ByteView bytes(inode_.bytes);
    scan_entries(*bytes.sub(parts->first.offset + sizeof(Le32), parts->first.length - sizeof(Le32)), false);
    scan_entries(*bytes.sub(parts->rest.offset, parts->rest.length), false);
  }

  /// Goes along the live entries of an area and looks into what each of them does not need. A damaged entry ends it:
  /// what follows may be live, and only that its place is lost.
  void scan_entries(ByteView area, bool has_dots) {
    for (std::uint64_t offset = 0; offset < area.size();) {
      const auto raw = area.load<RawDirEntry>(offset);
      if (!raw) return;
      const std::uint32_t length = decode_rec_len(raw->rec_len, block_size_);
      if (length < kMinRecordLength || length % kStep != 0 || !area.fits(offset, length) ||
          sizeof(RawDirEntry) + raw->name_len > length) {
        return;
      }
      const bool is_dot = has_dots && (offset == 0 || offset == kMinRecordLength);
      std::uint64_t used = needed(*raw);
      if (raw->inode == 0) {
        used = sizeof(RawDirEntry);
        if (raw->name_len != 0 && take(area, offset, offset + length)) used = needed(*raw);
      } else if (is_dot) {
        used = kMinRecordLength;
      } else if (take_live_) {
        static_cast<void>(take(area, offset, offset + length));
      }
      if (!is_tail(*raw, length)) scan_gap(area, offset + used, offset + length);
      offset += length;
    }
  }

  static bool is_tail(const RawDirEntry& raw, std::uint32_t length) {
    return raw.inode == 0 && raw.name_len == 0 && length == sizeof(RawDirEntryTail);
  }

  /// Bytes that an entry needs, its hash among them.
  [[nodiscard]] std::uint64_t needed(const RawDirEntry& raw) const {
    return round_up(sizeof(RawDirEntry) + raw.name_len, kStep) + (hash_in_entries_ ? 2 * sizeof(Le32) : 0);
  }

  void scan_gap(ByteView area, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t at = begin; at + kMinRecordLength <= end;) {
      const auto raw = area.load<RawDirEntry>(at);
      if (!raw) return;
      at += raw->inode != 0 && take(area, at, end) ? needed(*raw) : kStep;
    }
  }

  /// Takes the entry at `at` if it can have been one; its name ends at `end` or before.
  bool take(ByteView area, std::uint64_t at, std::uint64_t end) {
    const auto raw = area.load<RawDirEntry>(at);
    const std::uint32_t length = decode_rec_len(raw->rec_len, block_size_);
    if (length < needed(*raw) || length % kStep != 0 || !area.fits(at, length)) return false;
    if (at + sizeof(RawDirEntry) + raw->name_len > end || raw->file_type > kMaxFileType) return false;
    if (raw->inode != 0 && (raw->inode < superblock_.first_inode || raw->inode > superblock_.inodes_count))
      return false;
    std::string name = area.sub(at + sizeof(RawDirEntry), raw->name_len)->str();
    if (!can_be_name(name)) return false;
    const Name key{name, raw->inode};
    if (live_.contains(key) || (raw->inode == 0 && live_names_.contains(name))) return true;
    if (!seen_.insert(key).second) return true;

    volume::DirEntry entry;
    if (hash_) entry.hash = dirhash(as_bytes(name), *hash_);
    if (hash_in_entries_) entry.hash = stored_hash(*raw, *area.sub(at, end - at)).value_or(entry.hash);
    entry.name = std::move(name);
    entry.inode.value = raw->inode;
    if (result_.entries.size() < kMaxNames) result_.entries.push_back(std::move(entry));
    return true;
  }

  [[nodiscard]] bool can_be_name(const std::string& name) const {
    if (volume::name_fault(name, inode_.facts.encrypted) != nullptr) return false;
    return !inode_.facts.encrypted || name.size() >= kMinEncryptedName;
  }

  const Filesystem& filesystem_;
  const Superblock& superblock_;
  const InodeRecord& inode_;
  const read::FileMap& map_;
  const JournalHistory* history_;
  std::uint32_t block_size_;
  std::uint64_t end_;
  read::MapReader reader_;
  Bytes buffer_;
  std::uint64_t budget_;
  const bool indexed_;
  const bool hash_in_entries_;
  bool take_live_ = false;  ///< true in a block that is an older one than the directory's
  std::optional<HashRule> hash_;
  std::set<Name> live_;
  std::set<std::string> live_names_;
  std::set<Name> seen_;
  volume::Directory result_;
};

}  // namespace

volume::Directory read_directory_slack(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode,
                                       const read::FileMap& map, const std::vector<volume::DirEntry>& live,
                                       const JournalHistory* history) {
  return SlackScan(filesystem, inode, map, live, history).run();
}

}  // namespace coldread::ext4
