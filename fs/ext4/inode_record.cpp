#include "fs/ext4/inode_record.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/group_descriptors.hpp"
#include "fs/ext4/inode_times.hpp"

namespace coldread::ext4 {
namespace {

/// True where a field that ends at byte `end` of the inode is there, by i_extra_isize.
bool fits(const InodeRecord& inode, std::size_t end) { return end <= kGoodOldInodeSize + inode.extra_size; }

template <class Field>
constexpr std::size_t end_of(std::size_t offset) {
  return offset + sizeof(Field);
}

/// Finds i_extra_isize and copies the inode's known fields, as far as they are there.
void parse_layout(const Superblock& s, InodeRecord& inode) {
  const ByteView view(inode.bytes);
  if (s.inode_size > kGoodOldInodeSize) {
    inode.extra_size = view.load<Le16>(offsetof(RawInode, i_extra_isize))->get();
    if (kGoodOldInodeSize + inode.extra_size > s.inode_size || inode.extra_size % 4 != 0) {
      inode.findings.push_back(
          inode.where() + ": i_extra_isize is " + std::to_string(inode.extra_size) +
          ", which cannot be; nanoseconds, creation time and attributes in the inode are not read");
      inode.extra_size = 0;
    } else if (inode.extra_size == 0) {
      // The kernel takes such an inode's extra fields for usable, and so shows what is in them.
      inode.extra_size = sizeof(RawInode) - kGoodOldInodeSize;
    } else {
      inode.extra_in_use = true;
    }
  }
  const std::size_t there = std::min<std::size_t>(sizeof(RawInode), kGoodOldInodeSize + inode.extra_size);
  Bytes padded(sizeof(RawInode));
  std::copy_n(inode.bytes.begin(), there, padded.begin());
  inode.raw = *ByteView(padded).load<RawInode>(0);
}

volume::Timestamp time_of(InodeRecord& inode, std::uint32_t seconds, std::uint32_t extra, const char* name) {
  if (time_is_damaged(extra))
    inode.findings.push_back(inode.where() + ": " + name + " has a second or more of nanoseconds");
  return decode_time(seconds, extra);
}

void parse_times(InodeRecord& inode) {
  const RawInode& raw = inode.raw;
  inode.facts.atime = time_of(inode, raw.i_atime, raw.i_atime_extra, "i_atime_extra");
  inode.facts.ctime = time_of(inode, raw.i_ctime, raw.i_ctime_extra, "i_ctime_extra");
  inode.facts.mtime = time_of(inode, raw.i_mtime, raw.i_mtime_extra, "i_mtime_extra");
  if (fits(inode, end_of<Le32>(offsetof(RawInode, i_crtime)))) {
    inode.facts.crtime = time_of(inode, raw.i_crtime, raw.i_crtime_extra, "i_crtime_extra");
  }
}

void parse_project(const Superblock& s, InodeRecord& inode) {
  const bool there = fits(inode, end_of<Le32>(offsetof(RawInode, i_projid)));
  if (there && (s.features.ro_compat & kRoCompatProject) != 0) inode.facts.project = inode.raw.i_projid;
}

/// Size, blocks and the attribute block, whose upper halves depend on type and features.
void parse_sizes(const Superblock& s, InodeRecord& inode) {
  const RawInode& raw = inode.raw;
  // Elsewhere the upper half of the size is i_dir_acl, of no meaning today.
  const bool has_high = inode.facts.type == volume::FileType::kFile || (s.features.incompat & kIncompatLargeDir) != 0;
  inode.facts.size = join(raw.i_size_lo, has_high ? raw.i_size_high.get() : 0);
  if (inode.facts.size >> 63) inode.findings.push_back(inode.where() + ": its size is negative");

  inode.blocks = raw.i_blocks_lo;
  if (s.features.ro_compat & kRoCompatHugeFile) {
    inode.blocks = join(raw.i_blocks_lo, raw.l_i_blocks_high);
    // 48 bits of blocks of at most 64 KiB: no overflow in units of 512 bytes.
    if (inode.has(kHugeFileFlag)) inode.blocks <<= s.block_bits - 9;
  }
  inode.file_acl = raw.i_file_acl_lo;
  if (s.features.incompat & kIncompat64Bit) inode.file_acl = join(raw.i_file_acl_lo, raw.l_i_file_acl_high);
}

void parse_device(InodeRecord& inode) {
  if (inode.facts.type != volume::FileType::kChr && inode.facts.type != volume::FileType::kBlk) return;
  volume::set_device(inode.facts, inode.raw.i_block[0], inode.raw.i_block[1]);
}

void check_checksum(const Superblock& s, InodeRecord& inode) {
  inode.checksum_seed =
      crc32c(crc32c(s.checksum_seed, bytes_of(Le32(static_cast<std::uint32_t>(inode.facts.number.value)))),
             bytes_of(inode.raw.i_generation));
  if (!s.metadata_checksums) return;
  Bytes bytes = inode.bytes;
  const auto clear = [&](std::size_t offset) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(offset), 2, std::byte{0});
  };
  clear(offsetof(RawInode, l_i_checksum_lo));
  const bool has_high = inode.extra_in_use && fits(inode, end_of<Le16>(offsetof(RawInode, i_checksum_hi)));
  if (has_high) clear(offsetof(RawInode, i_checksum_hi));
  const std::uint32_t sum = crc32c(inode.checksum_seed, bytes);
  const bool good =
      (sum & 0xffff) == inode.raw.l_i_checksum_lo && (!has_high || (sum >> 16) == inode.raw.i_checksum_hi);
  if (!good) inode.findings.push_back(inode.where() + ": its checksum is wrong");
}

}  // namespace

ByteView InodeRecord::block_field() const {
  return *ByteView(bytes).sub(offsetof(RawInode, i_block), sizeof(raw.i_block));
}

std::string InodeRecord::where() const { return "inode " + std::to_string(facts.number.value); }

Result<InodeRecord> read_inode(const Filesystem& filesystem, InodeNumber number, Unlinked unlinked) {
  Findings findings;
  auto offset = inode_offset(filesystem, number, findings);
  if (!offset) return fail(std::move(offset.error()));
  Bytes bytes(filesystem.superblock().inode_size);
  if (auto done = source::read_exactly(*filesystem.source, *offset, bytes); !done) {
    return fail(ErrorKind::kRead, "inode " + std::to_string(number.value), done.error().message());
  }
  auto inode = parse_inode(filesystem, number, std::move(bytes), *offset);
  if (!inode && unlinked == Unlinked::kRefuse) inode.error().kind = ErrorKind::kCorrupt;
  if (!inode) return inode;
  if (inode->raw.i_links_count == 0 && unlinked == Unlinked::kRefuse) {
    return fail(ErrorKind::kCorrupt, inode->where(), "it is not in use");
  }
  inode->findings.insert(inode->findings.begin(), findings.begin(), findings.end());
  return inode;
}

Result<InodeRecord> parse_inode(const Filesystem& filesystem, InodeNumber number, Bytes bytes, std::uint64_t offset) {
  const Superblock& s = filesystem.superblock();
  InodeRecord inode;
  inode.facts.number = number;
  inode.bytes = std::move(bytes);
  inode.offset = offset;
  parse_layout(s, inode);

  const RawInode& raw = inode.raw;
  if (raw.i_mode == 0) return fail(ErrorKind::kNotFound, inode.where(), "it is not in use");
  inode.facts.type = volume::type_of_mode(raw.i_mode);
  if (inode.facts.type == volume::FileType::kUnknown) {
    inode.findings.push_back(inode.where() + ": i_mode names no type of file");
  }
  inode.facts.mode = raw.i_mode & 07777u;
  inode.facts.uid = std::uint32_t{raw.l_i_uid_high} << 16 | raw.i_uid;
  inode.facts.gid = std::uint32_t{raw.l_i_gid_high} << 16 | raw.i_gid;
  inode.facts.links = raw.i_links_count;
  inode.facts.encrypted = inode.has(kEncryptFlag);
  inode.facts.verity = inode.has(kVerityFlag);
  inode.facts.casefold = inode.has(kCasefoldFlag);
  parse_sizes(s, inode);
  parse_times(inode);
  parse_device(inode);
  parse_project(s, inode);
  check_checksum(s, inode);
  return inode;
}

}  // namespace coldread::ext4
