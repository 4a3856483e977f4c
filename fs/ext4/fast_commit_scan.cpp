#include "fs/ext4/fast_commit_scan.hpp"

#include <utility>

#include "fs/ext4/crc32c.hpp"

namespace coldread::ext4 {
namespace {

constexpr std::size_t kTlSize = sizeof(RawFastCommitTl);
constexpr std::size_t kAddRangeSize = 16;  // struct ext4_fc_add_range: fc_ino and an extent
constexpr std::size_t kDelRangeSize = 12;  // struct ext4_fc_del_range: fc_ino, fc_lblk, fc_len
constexpr std::size_t kDentrySize = 8;     // struct ext4_fc_dentry_info: fc_parent_ino and fc_ino, then the name
constexpr std::size_t kInodeSize = 4;      // struct ext4_fc_inode: fc_ino, then the inode
constexpr std::size_t kMaxName = 255;
constexpr std::size_t kGoodOldInode = 128;

}  // namespace

const char* to_string(FastCommitTag tag) {
  switch (tag) {
    case FastCommitTag::kAddRange: return "ADD_RANGE";
    case FastCommitTag::kDelRange: return "DEL_RANGE";
    case FastCommitTag::kCreat: return "CREAT";
    case FastCommitTag::kLink: return "LINK";
    case FastCommitTag::kUnlink: return "UNLINK";
    case FastCommitTag::kInode: return "INODE";
    case FastCommitTag::kPad: return "PAD";
    case FastCommitTag::kTail: return "TAIL";
    case FastCommitTag::kHead: return "HEAD";
  }
  return "unknown";
}

std::string FastCommitRecord::where() const {
  return "fast commit block " + std::to_string(block) + ", offset " + std::to_string(offset) + " (" + to_string(tag) +
         ")";
}

bool FastCommitScan::length_valid(FastCommitTag tag, std::size_t length) const {
  switch (tag) {
    case FastCommitTag::kAddRange: return length == kAddRangeSize;
    case FastCommitTag::kDelRange: return length == kDelRangeSize;
    case FastCommitTag::kCreat:
    case FastCommitTag::kLink:
    case FastCommitTag::kUnlink: return length > kDentrySize && length <= kDentrySize + kMaxName;
    case FastCommitTag::kInode: return length >= kInodeSize + kGoodOldInode && length <= kInodeSize + inode_size_;
    case FastCommitTag::kPad: return true;
    case FastCommitTag::kTail: return length >= sizeof(RawFastCommitTail);
    case FastCommitTag::kHead: return length == sizeof(RawFastCommitHead);
  }
  return false;
}

bool FastCommitScan::end_or_refuse(const std::string& why) {
  if (commits_ == 0) refusal_ = why;
  return false;
}

bool FastCommitScan::take_head(ByteView value) {
  const auto head = value.load<RawFastCommitHead>(0);
  // EXT4_FC_SUPPORTED_FEATURES is 0. The kernel gives up all commits then, not just those that follow.
  if (head->fc_features != 0) {
    refusal_ = "HEAD has fc_features " + std::to_string(head->fc_features.get()) + ", of which none is known";
    commits_ = 0;
    complete_ = 0;
    return false;
  }
  return head->fc_tid == expected_tid_;
}

void FastCommitScan::take_tail(ByteView whole) {
  const auto tail = whole.load<RawFastCommitTail>(kTlSize);
  crc_ = crc32c(crc_, whole.sub(0, kTlSize + sizeof(tail->fc_tid))->span());
  if (tail->fc_tid == expected_tid_ && tail->fc_crc == crc_) {
    complete_ = records_.size();
    ++commits_;
  } else {
    ended_ = true;
    end_or_refuse("the TAIL of the first fast commit has a wrong " +
                  std::string(tail->fc_tid == expected_tid_ ? "checksum" : "fc_tid"));
  }
  crc_ = 0;
}

bool FastCommitScan::take(FastCommitTag tag, ByteView whole, std::uint32_t offset) {
  const ByteView value = *whole.sub(kTlSize, whole.size() - kTlSize);
  if (tag == FastCommitTag::kTail) {
    take_tail(whole);
    return !ended_;
  }
  if (tag == FastCommitTag::kHead && !take_head(value)) return false;
  crc_ = crc32c(crc_, whole.span());
  if (tag != FastCommitTag::kHead && tag != FastCommitTag::kPad) {
    records_.push_back({tag, value.copy(), block_, offset});
  }
  return true;
}

bool FastCommitScan::read_block(ByteView block) {
  if (ended_) return false;
  const auto first = block.load<RawFastCommitTl>(0);
  if (block_ == 0 && (!first || first->fc_tag != static_cast<std::uint16_t>(FastCommitTag::kHead))) {
    ended_ = true;
    return false;
  }
  std::uint64_t offset = 0;
  while (const auto tl = block.load<RawFastCommitTl>(offset)) {
    const auto tag = static_cast<FastCommitTag>(tl->fc_tag.get());
    const auto whole = block.sub(offset, kTlSize + std::uint64_t{tl->fc_len});
    if (!whole || !length_valid(tag, tl->fc_len)) {
      ended_ = true;
      return end_or_refuse("block " + std::to_string(block_) + " of the first fast commit holds, at offset " +
                           std::to_string(offset) + ", tag " + std::to_string(tl->fc_tag.get()) + " with fc_len " +
                           std::to_string(tl->fc_len.get()) + ", which cannot be");
    }
    if (!take(tag, *whole, static_cast<std::uint32_t>(offset))) {
      ended_ = true;
      return false;
    }
    offset += whole->size();
  }
  ++block_;
  return true;
}

std::vector<FastCommitRecord> FastCommitScan::take_records() {
  records_.resize(complete_);
  return std::move(records_);
}

}  // namespace coldread::ext4
