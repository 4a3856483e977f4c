#include "fs/ext4/orphans.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>

#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/features.hpp"
#include "fs/ext4/group_descriptors.hpp"
#include "fs/ext4/inode.hpp"
#include "fs/ext4/inode_map.hpp"
#include "fs/ext4/layout.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::uint32_t kOrphanBlockMagic = 0x0b10ca04;
constexpr std::uint64_t kMaxOrphanFileBlocks = 512;  // EXT4_MAX_ORPHAN_FILE_BLOCKS
constexpr std::uint16_t kErrorState = 0x2;           // s_state: EXT4_ERROR_FS

using volume::FileType;

/// The start of an inode, as far as an orphan is known by it.
struct RawInodeStart {
  Le16 i_mode;
  std::array<std::uint8_t, 18> before;
  Le32 i_dtime;
  Le16 i_gid;
  Le16 i_links_count;
};
static_assert(offsetof(RawInodeStart, i_dtime) == offsetof(RawInode, i_dtime));
static_assert(offsetof(RawInodeStart, i_links_count) == offsetof(RawInode, i_links_count));

/// Goes through the orphans of a filesystem.
class Cleanup {
 public:
  Cleanup(const std::shared_ptr<const Filesystem>& filesystem, const InodeChanges& inodes, RecoveryEdits& edits)
      : filesystem_(filesystem), inodes_(inodes), edits_(edits) {}

  Orphans run() {
    const Superblock& s = filesystem_->superblock();
    if ((s.raw.s_state & kErrorState) != 0 || unknown_ro_compat(s.features) != 0) return {};
    follow_list(s.raw.s_last_orphan);
    if (s.features.compat & kCompatOrphanFile) read_file({s.raw.s_orphan_file_inum});
    return std::move(result_);
  }

 private:
  void follow_list(std::uint32_t first) {
    std::unordered_set<std::uint32_t> seen;
    for (std::uint32_t number = first; number != 0;) {
      if (!seen.insert(number).second) {
        note("the list comes back to inode " + std::to_string(number));
        return;
      }
      const auto bytes = orphan(number);
      if (!bytes) return;  // the kernel gives up the rest of the list
      const std::uint32_t next = ByteView(*bytes).load<RawInodeStart>(0)->i_dtime;
      if (next > filesystem_->superblock().inodes_count) {
        note("inode " + std::to_string(number) + " is followed by inode " + std::to_string(next) +
             ", which there is not");
        return;
      }
      process(number, *bytes);
      number = next;
    }
  }

  void read_file(InodeNumber number) {
    auto record = read_inode(*filesystem_, number);
    if (!record) {
      note("the orphan file cannot be read: " + record.error().message());
      return;
    }
    const Superblock& s = filesystem_->superblock();
    const auto map = Ext4Inode(filesystem_, *record).map();
    const std::uint64_t blocks = record->facts.size >> s.block_bits;
    if (!map || blocks > kMaxOrphanFileBlocks) {
      note("the orphan file cannot be read: " +
           (map ? "its size is " + std::to_string(record->facts.size) : map.error().message()));
      return;
    }
    for (std::uint64_t i = 0; i < blocks; ++i) read_file_block(*map, i, record->checksum_seed);
  }

  void read_file_block(const read::FileMap& map, std::uint64_t index, std::uint32_t seed) {
    const Superblock& s = filesystem_->superblock();
    const read::MapPiece piece = map.piece(index << s.block_bits, (index + 1) << s.block_bits);
    const std::string where = "block " + std::to_string(index) + " of the orphan file: ";
    if (piece.extents.empty() || piece.extents.front().kind != read::ExtentKind::kStored || !piece.faults.empty()) {
      note(where + "nothing is stored there");
      return;
    }
    Bytes block(s.block_size);
    const std::uint64_t offset = piece.extents.front().source_offset;
    if (auto done = source::read_exactly(*filesystem_->source, offset, block); !done) {
      note(where + done.error().message());
      return;
    }
    const OrphanBlock parsed = parse_orphan_block(block, offset >> s.block_bits, s.metadata_checksums, seed);
    if (!parsed.fault.empty()) note(where + parsed.fault + "; the kernel refuses to mount");
    for (const std::uint32_t number : parsed.inodes) {
      if (const auto bytes = orphan(number)) process(number, *bytes);
    }
  }

  /// The bytes of an inode that may be an orphan; nothing, and a finding, where the kernel takes it for none.
  std::optional<Bytes> orphan(std::uint32_t number) {
    const Superblock& s = filesystem_->superblock();
    const std::string where = "inode " + std::to_string(number);
    if (number < s.first_inode || number > s.inodes_count) {
      note(where + " is no inode that can be an orphan");
      return std::nullopt;
    }
    auto bytes = inodes_.bytes({number});
    if (!bytes) {
      note(where + ": " + bytes.error().message());
      return std::nullopt;
    }
    const auto raw = ByteView(*bytes).load<RawInodeStart>(0);
    if (!allocated(number) || raw->i_mode == 0) {
      note(where + " is not in use");
      return std::nullopt;
    }
    if (raw->i_links_count != 0 && !can_be_truncated(number)) {
      note(where + " has a name and nothing that could be truncated");
      return std::nullopt;
    }
    return *std::move(bytes);
  }

  /// The inode's bit in its group's bitmap: the kernel's sign of a true orphan.
  [[nodiscard]] bool allocated(std::uint32_t number) const {
    const Superblock& s = filesystem_->superblock();
    const std::uint32_t group = (number - 1) / s.inodes_per_group;
    const std::uint32_t bit = (number - 1) % s.inodes_per_group;
    Findings findings;  // of the descriptor: whoever reads the inode says them
    const auto descriptor = read_descriptor(*filesystem_, group, findings);
    if (!descriptor || (descriptor->flags & kInodeUninit) != 0) return false;
    const std::uint64_t bitmap = descriptor->inode_bitmap;
    if (!s.blocks_valid(bitmap, 1) || bit / 8 >= s.block_size) return false;
    Bytes byte(1);
    if (!source::read_exactly(*filesystem_->source, filesystem_->byte_of(bitmap) + bit / 8, byte)) return false;
    return (*ByteView(byte).byte(0) >> (bit % 8) & 1) != 0;
  }

  [[nodiscard]] bool can_be_truncated(std::uint32_t number) const {
    const auto inode = inodes_.read({number});
    if (!inode) return false;
    const FileType type = inode->facts.type;
    return type == FileType::kFile || type == FileType::kDir ||
           (type == FileType::kSymlink && mapping_of(*filesystem_, *inode) != Mapping::kFastTarget);
  }

  void process(std::uint32_t number, const Bytes& bytes) {
    if (ByteView(bytes).load<RawInodeStart>(0)->i_links_count == 0) {
      ++result_.removed;
      edits_.gone.insert(number);
      return;
    }
    const auto inode = inodes_.read({number});
    if (!inode) return;
    ++result_.truncated;
    const Mapping mapping = mapping_of(*filesystem_, *inode);
    if (mapping != Mapping::kExtents && mapping != Mapping::kIndirect) return;
    const unsigned bits = filesystem_->superblock().block_bits;
    const std::uint64_t size = inode->facts.size;
    const std::uint64_t end = (size >> bits) + ((size & ((std::uint64_t{1} << bits) - 1)) != 0 ? 1 : 0);
    edits_.ranges[number].set({end, kMaxFileBlocks}, {RangeEdit::Kind::kRemoved, 0, 0});
  }

  void note(const std::string& what) {
    constexpr std::size_t kMaxFindings = 100;
    if (result_.findings.size() < kMaxFindings) result_.findings.push_back("orphans: " + what);
  }

  const std::shared_ptr<const Filesystem>& filesystem_;
  const InodeChanges& inodes_;
  RecoveryEdits& edits_;
  Orphans result_;
};

}  // namespace

OrphanBlock parse_orphan_block(ByteView block, std::uint64_t physical, bool checksums, std::uint32_t seed) {
  OrphanBlock result;
  if (block.size() < sizeof(RawOrphanBlockTail)) {
    result.fault = "it is too short";
    return result;
  }
  const std::uint64_t end = block.size() - sizeof(RawOrphanBlockTail);
  const auto tail = block.load<RawOrphanBlockTail>(end);
  if (tail->ob_magic != kOrphanBlockMagic) {
    result.fault = "ob_magic is wrong";
    return result;
  }
  const std::uint32_t sum = crc32c(crc32c(seed, bytes_of(Le64(physical))), block.sub(0, end / 4 * 4)->span());
  if (checksums && sum != tail->ob_checksum) {
    result.fault = "its checksum is wrong";
    return result;
  }
  for (std::uint64_t at = 0; at + sizeof(Le32) <= end; at += sizeof(Le32)) {
    if (const std::uint32_t number = block.load<Le32>(at)->get(); number != 0) result.inodes.push_back(number);
  }
  return result;
}

Orphans clean_orphans(const std::shared_ptr<const Filesystem>& filesystem, const InodeChanges& inodes,
                      RecoveryEdits& edits) {
  return Cleanup(filesystem, inodes, edits).run();
}

}  // namespace coldread::ext4
