#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/little_endian.hpp"

namespace coldread::f2fs {

/// On-disk structures of f2fs, with the kernel's field names (include/linux/f2fs_fs.h;
/// Documentation/filesystems/f2fs.rst, "On-disk Layout"). Structures that fill a block are as long as the filesystem's
/// block, and only their fixed parts are here.

constexpr std::uint32_t kSuperMagic = 0xF2F52010;
constexpr std::uint32_t kXattrMagic = 0xF2F52011;
constexpr std::uint64_t kSuperOffset = 1024;  ///< of a copy of the superblock, within block 0 and within block 1
constexpr unsigned kMinBlockBits = 12;
constexpr unsigned kMaxBlockBits = 16;
constexpr unsigned kBlocksPerSegBits = 9;  ///< a segment is 512 blocks, whatever their size
constexpr std::uint32_t kBlocksPerSeg = 1u << kBlocksPerSegBits;

/// Block addresses that stand for no block.
constexpr std::uint32_t kNullAddr = 0;               ///< a hole
constexpr std::uint32_t kNewAddr = 0xffffffff;       ///< reserved, nothing written yet
constexpr std::uint32_t kCompressAddr = 0xfffffffe;  ///< in the first slot of a compressed cluster

constexpr std::uint32_t kRootIno = 3;
constexpr std::uint32_t kFirstInode = 3;  ///< 0, 1 (node) and 2 (meta) are reserved

constexpr unsigned kMaxDevices = 8;
constexpr unsigned kMaxExtension = 64;

struct RawDevice {
  std::array<std::uint8_t, 64> path;
  Le32 total_segments;
};

struct RawSuperblock {
  Le32 magic;
  Le16 major_ver;
  Le16 minor_ver;
  Le32 log_sectorsize;
  Le32 log_sectors_per_block;
  Le32 log_blocksize;
  Le32 log_blocks_per_seg;
  Le32 segs_per_sec;
  Le32 secs_per_zone;
  Le32 checksum_offset;
  Le64 block_count;
  Le32 section_count;
  Le32 segment_count;
  Le32 segment_count_ckpt;
  Le32 segment_count_sit;
  Le32 segment_count_nat;
  Le32 segment_count_ssa;
  Le32 segment_count_main;
  Le32 segment0_blkaddr;
  Le32 cp_blkaddr;
  Le32 sit_blkaddr;
  Le32 nat_blkaddr;
  Le32 ssa_blkaddr;
  Le32 main_blkaddr;
  Le32 root_ino;
  Le32 node_ino;
  Le32 meta_ino;
  std::array<std::uint8_t, 16> uuid;
  std::array<Le16, 512> volume_name;  ///< UTF-16
  Le32 extension_count;
  std::array<std::array<std::uint8_t, 8>, kMaxExtension> extension_list;
  Le32 cp_payload;
  std::array<std::uint8_t, 256> version;
  std::array<std::uint8_t, 256> init_version;
  Le32 feature;
  std::uint8_t encryption_level;
  std::array<std::uint8_t, 16> encrypt_pw_salt;
  std::array<RawDevice, kMaxDevices> devs;
  std::array<Le32, 3> qf_ino;
  std::uint8_t hot_ext_count;
  Le16 s_encoding;
  Le16 s_encoding_flags;
  std::array<std::uint8_t, 32> s_stop_reason;
  std::array<std::uint8_t, 16> s_errors;
  std::array<std::uint8_t, 258> reserved;
  Le32 crc;
};
static_assert(sizeof(RawSuperblock) == 3072 && offsetof(RawSuperblock, uuid) == 108 &&
              offsetof(RawSuperblock, feature) == 2180 && offsetof(RawSuperblock, crc) == 3068);

struct RawCheckpoint {
  Le64 checkpoint_ver;
  Le64 user_block_count;
  Le64 valid_block_count;
  Le32 rsvd_segment_count;
  Le32 overprov_segment_count;
  Le32 free_segment_count;
  std::array<Le32, 8> cur_node_segno;
  std::array<Le16, 8> cur_node_blkoff;
  std::array<Le32, 8> cur_data_segno;
  std::array<Le16, 8> cur_data_blkoff;
  Le32 ckpt_flags;
  Le32 cp_pack_total_block_count;
  Le32 cp_pack_start_sum;
  Le32 valid_node_count;
  Le32 valid_inode_count;
  Le32 next_free_nid;
  Le32 sit_ver_bitmap_bytesize;
  Le32 nat_ver_bitmap_bytesize;
  Le32 checksum_offset;
  Le64 elapsed_time;
  std::array<std::uint8_t, 16> alloc_type;
};
static_assert(sizeof(RawCheckpoint) == 192 && offsetof(RawCheckpoint, ckpt_flags) == 132);

constexpr std::uint32_t kCpUmountFlag = 0x1;
constexpr std::uint32_t kCpOrphanPresentFlag = 0x2;
constexpr std::uint32_t kCpCompactSumFlag = 0x4;
constexpr std::uint32_t kCpErrorFlag = 0x8;
constexpr std::uint32_t kCpFsckFlag = 0x10;
constexpr std::uint32_t kCpFastbootFlag = 0x20;
constexpr std::uint32_t kCpCrcRecoveryFlag = 0x40;
constexpr std::uint32_t kCpNatBitsFlag = 0x80;
constexpr std::uint32_t kCpTrimmedFlag = 0x100;
constexpr std::uint32_t kCpNocrcRecoveryFlag = 0x200;
constexpr std::uint32_t kCpLargeNatBitmapFlag = 0x400;
constexpr std::uint32_t kCpQuotaNeedFsckFlag = 0x800;
constexpr std::uint32_t kCpDisabledFlag = 0x1000;
constexpr std::uint32_t kCpDisabledQuickFlag = 0x2000;
constexpr std::uint32_t kCpResizefsFlag = 0x4000;

/// Logs by which the checkpoint counts segments that are being filled.
constexpr unsigned kHotData = 0;
constexpr unsigned kColdData = 2;
constexpr unsigned kWarmNode = 1;
constexpr unsigned kDataLogs = 3;
constexpr unsigned kAllLogs = 6;

/// The end of a block of orphan inodes; before it: ino[], filling the block.
struct RawOrphanFooter {
  Le32 reserved;
  Le16 blk_addr;
  Le16 blk_count;
  Le32 entry_count;
  Le32 check_sum;
};
static_assert(sizeof(RawOrphanFooter) == 16);

struct RawNatEntry {
  std::uint8_t version;
  Le32 ino;
  Le32 block_addr;
};
static_assert(sizeof(RawNatEntry) == 9);

struct RawNatJournalEntry {
  Le32 nid;
  RawNatEntry ne;
};
static_assert(sizeof(RawNatJournalEntry) == 13);

struct RawSitEntry {
  Le16 vblocks;  ///< the count of valid blocks in the lower 10 bits
  std::array<std::uint8_t, kBlocksPerSeg / 8> valid_map;
  Le64 mtime;
};
static_assert(sizeof(RawSitEntry) == 74);
constexpr std::uint16_t kSitVblocksMask = (1u << 10) - 1;

struct RawSitJournalEntry {
  Le32 segno;
  RawSitEntry se;
};
static_assert(sizeof(RawSitJournalEntry) == 78);

struct RawSummary {
  Le32 nid;
  std::uint8_t version;
  Le16 ofs_in_node;
};
static_assert(sizeof(RawSummary) == 7);

/// The last 24 bytes of every node block.
struct RawNodeFooter {
  Le32 nid;
  Le32 ino;
  Le32 flag;
  Le64 cp_ver;
  Le32 next_blkaddr;
};
static_assert(sizeof(RawNodeFooter) == 24);
constexpr std::uint32_t kFsyncMark = 0x2;
constexpr std::uint32_t kDentryMark = 0x4;
constexpr unsigned kNodeOffsetShift = 3;
constexpr std::uint32_t kXattrNodeOffset = 0xffffffffu >> kNodeOffsetShift;  ///< the node offset of an xattr node

struct RawExtent {
  Le32 fofs;
  Le32 blk;
  Le32 len;
};

constexpr std::size_t kNameLen = 255;

/// The fixed part of an inode; i_addr follows, then i_nid[5], then the footer.
struct RawInode {
  Le16 i_mode;
  std::uint8_t i_advise;
  std::uint8_t i_inline;
  Le32 i_uid;
  Le32 i_gid;
  Le32 i_links;
  Le64 i_size;
  Le64 i_blocks;
  Le64 i_atime;
  Le64 i_ctime;
  Le64 i_mtime;
  Le32 i_atime_nsec;
  Le32 i_ctime_nsec;
  Le32 i_mtime_nsec;
  Le32 i_generation;
  Le32 i_current_depth;
  Le32 i_xattr_nid;
  Le32 i_flags;
  Le32 i_pino;
  Le32 i_namelen;
  std::array<std::uint8_t, kNameLen> i_name;
  std::uint8_t i_dir_level;
  RawExtent i_ext;
};
static_assert(sizeof(RawInode) == 360 && offsetof(RawInode, i_name) == 92 && offsetof(RawInode, i_ext) == 348);

/// What takes the first words of i_addr in an inode with F2FS_EXTRA_ATTR, as far as i_extra_isize reaches.
struct RawExtraAttr {
  Le16 i_extra_isize;
  Le16 i_inline_xattr_size;
  Le32 i_projid;
  Le32 i_inode_checksum;
  Le64 i_crtime;
  Le32 i_crtime_nsec;
  Le64 i_compr_blocks;
  std::uint8_t i_compress_algorithm;
  std::uint8_t i_log_cluster_size;
  Le16 i_compress_flag;
};
static_assert(sizeof(RawExtraAttr) == 36 && offsetof(RawExtraAttr, i_crtime) == 12);

constexpr unsigned kNidsPerInode = 5;
constexpr std::uint32_t kAddrSize = 4;
constexpr std::uint32_t kNidsSize = kNidsPerInode * kAddrSize;  ///< bytes of i_nid
constexpr std::uint32_t kDefaultInlineXattrAddrs = 50;
constexpr std::uint32_t kInlineReservedAddrs = 1;  ///< before inline data
constexpr std::uint32_t kInlineReservedSize = kInlineReservedAddrs * kAddrSize;

/// i_inline.
constexpr std::uint8_t kInlineXattr = 0x01;
constexpr std::uint8_t kInlineData = 0x02;
constexpr std::uint8_t kInlineDentry = 0x04;
constexpr std::uint8_t kDataExist = 0x08;
constexpr std::uint8_t kExtraAttr = 0x20;
constexpr std::uint8_t kPinFile = 0x40;
constexpr std::uint8_t kCompressReleased = 0x80;

/// i_advise.
constexpr std::uint8_t kAdviseEncrypt = 0x04;
constexpr std::uint8_t kAdviseKeepSize = 0x10;
constexpr std::uint8_t kAdviseVerity = 0x40;

/// i_flags.
constexpr std::uint32_t kComprFl = 0x4;
constexpr std::uint32_t kCasefoldFl = 0x40000000;
constexpr std::uint32_t kDeviceAliasFl = 0x80000000;

constexpr std::uint16_t kCompressChksum = 0x1;  ///< in i_compress_flag
constexpr std::uint8_t kMinLogClusterSize = 2;
constexpr std::uint8_t kMaxLogClusterSize = 8;

struct RawDirEntry {
  Le32 hash_code;
  Le32 ino;
  Le16 name_len;
  std::uint8_t file_type;
};
static_assert(sizeof(RawDirEntry) == 11);
constexpr std::uint32_t kSlotLen = 8;

struct RawXattrHeader {
  Le32 h_magic;
  Le32 h_refcount;
  std::array<Le32, 4> h_reserved;
};
static_assert(sizeof(RawXattrHeader) == 24);

struct RawXattrEntry {
  std::uint8_t e_name_index;
  std::uint8_t e_name_len;
  Le16 e_value_size;
};
static_assert(sizeof(RawXattrEntry) == 4);

/// The value of the verity attribute.
struct RawVerityLocation {
  Le32 version;
  Le32 size;
  Le64 pos;
};
static_assert(sizeof(RawVerityLocation) == 16);

}  // namespace coldread::f2fs
