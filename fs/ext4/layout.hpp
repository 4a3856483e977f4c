#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/base/little_endian.hpp"

namespace coldread::ext4 {

// On-disk structures with the kernel's field names (Documentation/filesystems/ext4: super.rst, group_descr.rst,
// inodes.rst, ifork.rst, directory.rst, attributes.rst). Nothing here is checked: parsed types are.

constexpr std::uint64_t kSuperblockOffset = 1024;
constexpr std::uint16_t kSuperMagic = 0xEF53;
constexpr std::uint16_t kExtentMagic = 0xF30A;
constexpr std::uint32_t kXattrMagic = 0xEA020000;
constexpr std::uint32_t kGoodOldInodeSize = 128;
constexpr std::uint32_t kRootInode = 2;

using Chars16 = std::array<std::uint8_t, 16>;
using Chars32 = std::array<std::uint8_t, 32>;
using Chars64 = std::array<std::uint8_t, 64>;

/// struct ext4_super_block (super.rst).
struct RawSuperblock {
  Le32 s_inodes_count;
  Le32 s_blocks_count_lo;
  Le32 s_r_blocks_count_lo;
  Le32 s_free_blocks_count_lo;
  Le32 s_free_inodes_count;
  Le32 s_first_data_block;
  Le32 s_log_block_size;
  Le32 s_log_cluster_size;
  Le32 s_blocks_per_group;
  Le32 s_clusters_per_group;
  Le32 s_inodes_per_group;
  Le32 s_mtime;
  Le32 s_wtime;
  Le16 s_mnt_count;
  Le16 s_max_mnt_count;
  Le16 s_magic;
  Le16 s_state;
  Le16 s_errors;
  Le16 s_minor_rev_level;
  Le32 s_lastcheck;
  Le32 s_checkinterval;
  Le32 s_creator_os;
  Le32 s_rev_level;
  Le16 s_def_resuid;
  Le16 s_def_resgid;
  Le32 s_first_ino;
  Le16 s_inode_size;
  Le16 s_block_group_nr;
  Le32 s_feature_compat;
  Le32 s_feature_incompat;
  Le32 s_feature_ro_compat;
  Chars16 s_uuid;
  Chars16 s_volume_name;
  Chars64 s_last_mounted;
  Le32 s_algorithm_usage_bitmap;
  std::uint8_t s_prealloc_blocks;
  std::uint8_t s_prealloc_dir_blocks;
  Le16 s_reserved_gdt_blocks;
  Chars16 s_journal_uuid;
  Le32 s_journal_inum;
  Le32 s_journal_dev;
  Le32 s_last_orphan;
  std::array<Le32, 4> s_hash_seed;
  std::uint8_t s_def_hash_version;
  std::uint8_t s_jnl_backup_type;
  Le16 s_desc_size;
  Le32 s_default_mount_opts;
  Le32 s_first_meta_bg;
  Le32 s_mkfs_time;
  std::array<Le32, 17> s_jnl_blocks;
  Le32 s_blocks_count_hi;
  Le32 s_r_blocks_count_hi;
  Le32 s_free_blocks_count_hi;
  Le16 s_min_extra_isize;
  Le16 s_want_extra_isize;
  Le32 s_flags;
  Le16 s_raid_stride;
  Le16 s_mmp_interval;
  Le64 s_mmp_block;
  Le32 s_raid_stripe_width;
  std::uint8_t s_log_groups_per_flex;
  std::uint8_t s_checksum_type;
  std::uint8_t s_encryption_level;
  std::uint8_t s_reserved_pad;
  Le64 s_kbytes_written;
  Le32 s_snapshot_inum;
  Le32 s_snapshot_id;
  Le64 s_snapshot_r_blocks_count;
  Le32 s_snapshot_list;
  Le32 s_error_count;
  Le32 s_first_error_time;
  Le32 s_first_error_ino;
  Le64 s_first_error_block;
  Chars32 s_first_error_func;
  Le32 s_first_error_line;
  Le32 s_last_error_time;
  Le32 s_last_error_ino;
  Le32 s_last_error_line;
  Le64 s_last_error_block;
  Chars32 s_last_error_func;
  Chars64 s_mount_opts;
  Le32 s_usr_quota_inum;
  Le32 s_grp_quota_inum;
  Le32 s_overhead_blocks;
  std::array<Le32, 2> s_backup_bgs;
  std::array<std::uint8_t, 4> s_encrypt_algos;
  Chars16 s_encrypt_pw_salt;
  Le32 s_lpf_ino;
  Le32 s_prj_quota_inum;
  Le32 s_checksum_seed;
  std::uint8_t s_wtime_hi;
  std::uint8_t s_mtime_hi;
  std::uint8_t s_mkfs_time_hi;
  std::uint8_t s_lastcheck_hi;
  std::uint8_t s_first_error_time_hi;
  std::uint8_t s_last_error_time_hi;
  std::uint8_t s_first_error_errcode;
  std::uint8_t s_last_error_errcode;
  Le16 s_encoding;
  Le16 s_encoding_flags;
  Le32 s_orphan_file_inum;
  std::array<Le32, 94> s_reserved;
  Le32 s_checksum;
};
static_assert(sizeof(RawSuperblock) == 1024 && alignof(RawSuperblock) == 1);
static_assert(offsetof(RawSuperblock, s_magic) == 0x38 && offsetof(RawSuperblock, s_first_ino) == 0x54);
static_assert(offsetof(RawSuperblock, s_uuid) == 0x68 && offsetof(RawSuperblock, s_journal_inum) == 0xE0);
static_assert(offsetof(RawSuperblock, s_hash_seed) == 0xEC && offsetof(RawSuperblock, s_desc_size) == 0xFE);
static_assert(offsetof(RawSuperblock, s_blocks_count_hi) == 0x150 && offsetof(RawSuperblock, s_flags) == 0x160);
static_assert(offsetof(RawSuperblock, s_checksum_type) == 0x175 && offsetof(RawSuperblock, s_error_count) == 0x194);
static_assert(offsetof(RawSuperblock, s_mount_opts) == 0x200 && offsetof(RawSuperblock, s_backup_bgs) == 0x24C);
static_assert(offsetof(RawSuperblock, s_checksum_seed) == 0x270 && offsetof(RawSuperblock, s_checksum) == 0x3FC);

/// struct ext4_group_desc (group_descr.rst): 32 bytes of it without the feature 64bit.
struct RawGroupDescriptor {
  Le32 bg_block_bitmap_lo;
  Le32 bg_inode_bitmap_lo;
  Le32 bg_inode_table_lo;
  Le16 bg_free_blocks_count_lo;
  Le16 bg_free_inodes_count_lo;
  Le16 bg_used_dirs_count_lo;
  Le16 bg_flags;
  Le32 bg_exclude_bitmap_lo;
  Le16 bg_block_bitmap_csum_lo;
  Le16 bg_inode_bitmap_csum_lo;
  Le16 bg_itable_unused_lo;
  Le16 bg_checksum;
  Le32 bg_block_bitmap_hi;
  Le32 bg_inode_bitmap_hi;
  Le32 bg_inode_table_hi;
  Le16 bg_free_blocks_count_hi;
  Le16 bg_free_inodes_count_hi;
  Le16 bg_used_dirs_count_hi;
  Le16 bg_itable_unused_hi;
  Le32 bg_exclude_bitmap_hi;
  Le16 bg_block_bitmap_csum_hi;
  Le16 bg_inode_bitmap_csum_hi;
  Le32 bg_reserved;
};
static_assert(sizeof(RawGroupDescriptor) == 64 && alignof(RawGroupDescriptor) == 1);
static_assert(offsetof(RawGroupDescriptor, bg_checksum) == 0x1E);
static_assert(offsetof(RawGroupDescriptor, bg_inode_table_hi) == 0x28);

/// struct ext4_inode (inodes.rst), with the Linux variants of osd1 and osd2. What follows i_extra_isize is there only
/// as far as i_extra_isize says.
struct RawInode {
  Le16 i_mode;
  Le16 i_uid;
  Le32 i_size_lo;
  Le32 i_atime;
  Le32 i_ctime;
  Le32 i_mtime;
  Le32 i_dtime;
  Le16 i_gid;
  Le16 i_links_count;
  Le32 i_blocks_lo;
  Le32 i_flags;
  Le32 l_i_version;
  std::array<Le32, 15> i_block;
  Le32 i_generation;
  Le32 i_file_acl_lo;
  Le32 i_size_high;
  Le32 i_obso_faddr;
  Le16 l_i_blocks_high;
  Le16 l_i_file_acl_high;
  Le16 l_i_uid_high;
  Le16 l_i_gid_high;
  Le16 l_i_checksum_lo;
  Le16 l_i_reserved;
  Le16 i_extra_isize;
  Le16 i_checksum_hi;
  Le32 i_ctime_extra;
  Le32 i_mtime_extra;
  Le32 i_atime_extra;
  Le32 i_crtime;
  Le32 i_crtime_extra;
  Le32 i_version_hi;
  Le32 i_projid;
};
static_assert(sizeof(RawInode) == 160 && alignof(RawInode) == 1);
static_assert(offsetof(RawInode, i_block) == 0x28 && offsetof(RawInode, i_file_acl_lo) == 0x68);
static_assert(offsetof(RawInode, l_i_checksum_lo) == 0x7C && offsetof(RawInode, i_extra_isize) == kGoodOldInodeSize);
static_assert(offsetof(RawInode, i_crtime) == 0x90 && offsetof(RawInode, i_projid) == 0x9C);

/// Bits of i_flags (inodes.rst, "i_flags").
constexpr std::uint32_t kEncryptFlag = 0x800;
constexpr std::uint32_t kIndexFlag = 0x1000;
constexpr std::uint32_t kHugeFileFlag = 0x40000;
constexpr std::uint32_t kExtentsFlag = 0x80000;
constexpr std::uint32_t kVerityFlag = 0x100000;
constexpr std::uint32_t kEaInodeFlag = 0x200000;
constexpr std::uint32_t kInlineDataFlag = 0x10000000;
constexpr std::uint32_t kCasefoldFlag = 0x40000000;

/// struct ext4_extent_header (ifork.rst, "Extent Tree").
struct RawExtentHeader {
  Le16 eh_magic;
  Le16 eh_entries;
  Le16 eh_max;
  Le16 eh_depth;
  Le32 eh_generation;
};
static_assert(sizeof(RawExtentHeader) == 12 && alignof(RawExtentHeader) == 1);

/// struct ext4_extent_idx.
struct RawExtentIndex {
  Le32 ei_block;
  Le32 ei_leaf_lo;
  Le16 ei_leaf_hi;
  Le16 ei_unused;
};
static_assert(sizeof(RawExtentIndex) == 12 && alignof(RawExtentIndex) == 1);

/// struct ext4_extent.
struct RawExtent {
  Le32 ee_block;
  Le16 ee_len;
  Le16 ee_start_hi;
  Le32 ee_start_lo;
};
static_assert(sizeof(RawExtent) == 12 && alignof(RawExtent) == 1 && offsetof(RawExtent, ee_start_lo) == 8);

/// struct ext4_dir_entry_2 without its name (directory.rst).
struct RawDirEntry {
  Le32 inode;
  Le16 rec_len;
  std::uint8_t name_len;
  std::uint8_t file_type;
};
static_assert(sizeof(RawDirEntry) == 8 && alignof(RawDirEntry) == 1);

/// struct ext4_dir_entry_tail: the checksum that ends a directory block, dressed as an unused entry.
struct RawDirEntryTail {
  Le32 det_reserved_zero1;
  Le16 det_rec_len;
  std::uint8_t det_reserved_zero2;
  std::uint8_t det_reserved_ft;
  Le32 det_checksum;
};
static_assert(sizeof(RawDirEntryTail) == 12 && alignof(RawDirEntryTail) == 1);

/// struct dx_root without its entries (directory.rst, "Hash Tree Directories"): the entries "." and "..", then
/// dx_root_info and the count and limit that take the place of the first entry's hash.
struct RawDxRoot {
  RawDirEntry dot;
  std::array<std::uint8_t, 4> dot_name;
  RawDirEntry dotdot;
  std::array<std::uint8_t, 4> dotdot_name;
  Le32 reserved_zero;
  std::uint8_t hash_version;
  std::uint8_t info_length;
  std::uint8_t indirect_levels;
  std::uint8_t unused_flags;
  Le16 limit;
  Le16 count;
};
static_assert(sizeof(RawDxRoot) == 36 && alignof(RawDxRoot) == 1 && offsetof(RawDxRoot, hash_version) == 0x1C);

/// struct ext4_xattr_header: the start of an external attribute block (attributes.rst).
struct RawXattrHeader {
  Le32 h_magic;
  Le32 h_refcount;
  Le32 h_blocks;
  Le32 h_hash;
  Le32 h_checksum;
  std::array<Le32, 3> h_reserved;
};
static_assert(sizeof(RawXattrHeader) == 32 && alignof(RawXattrHeader) == 1);

/// struct ext4_xattr_entry without its name.
struct RawXattrEntry {
  std::uint8_t e_name_len;
  std::uint8_t e_name_index;
  Le16 e_value_offs;
  Le32 e_value_inum;
  Le32 e_value_size;
  Le32 e_hash;
};
static_assert(sizeof(RawXattrEntry) == 16 && alignof(RawXattrEntry) == 1);

}  // namespace coldread::ext4
