#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/base/byte_view.hpp"
#include "fs/ext4/crc32c.hpp"
#include "fs/ext4/fast_commit_scan.hpp"
#include "tests/unit/fs/image_builder.hpp"

namespace coldread::ext4::test {

/// Tags of fast commits, put one after the other into blocks of 1 KiB as the kernel does: a tag that does not fit in a
/// block's rest begins the next.
class FastCommitBuilder {
 public:
  static constexpr std::uint32_t kTid = 7;

  static Bytes tag(FastCommitTag tag, const Bytes& value) {
    const RawFastCommitTl tl{static_cast<std::uint16_t>(tag), static_cast<std::uint16_t>(value.size())};
    Bytes bytes(sizeof(tl) + value.size());
    std::memcpy(bytes.data(), &tl, sizeof(tl));
    std::copy(value.begin(), value.end(), bytes.begin() + sizeof(tl));
    return bytes;
  }
  template <class T>
  static Bytes as_value(const T& value) {
    const ByteSpan bytes = bytes_of(value);
    return {bytes.begin(), bytes.end()};
  }
  static Bytes text(std::string_view value) {
    const ByteSpan bytes = as_bytes(value);
    return {bytes.begin(), bytes.end()};
  }
  static Bytes numbers(std::initializer_list<std::uint32_t> values) {
    Bytes all;
    for (const std::uint32_t value : values) all = concat({all, as_value(Le32(value))});
    return all;
  }

  FastCommitBuilder& head(std::uint32_t tid = kTid, std::uint32_t features = 0) {
    return add(FastCommitTag::kHead, numbers({features, tid}));
  }
  FastCommitBuilder& add(FastCommitTag kind, const Bytes& value) {
    const Bytes bytes = tag(kind, value);
    if (kBlock - used_ < bytes.size() + 4) pad();
    append(bytes);
    return *this;
  }
  FastCommitBuilder& name(FastCommitTag kind, std::uint32_t parent, std::uint32_t inode, std::string_view name) {
    return add(kind, concat({numbers({parent, inode}), text(name)}));
  }
  FastCommitBuilder& add_range(std::uint32_t inode, const RawExtent& extent) {
    return add(FastCommitTag::kAddRange, concat({numbers({inode}), as_value(extent)}));
  }
  FastCommitBuilder& del_range(std::uint32_t inode, std::uint32_t first, std::uint32_t length) {
    return add(FastCommitTag::kDelRange, numbers({inode, first, length}));
  }
  FastCommitBuilder& inode(std::uint32_t number, const RawInode& inode) {
    return add(FastCommitTag::kInode, concat({numbers({number}), as_value(inode)}));
  }
  /// Ends a commit, and its block with it.
  FastCommitBuilder& tail(std::uint32_t tid = kTid, std::uint32_t crc_error = 0) {
    if (kBlock - used_ < 12) pad();
    const std::size_t length = kBlock - used_ - 4;
    Bytes bytes = tag(FastCommitTag::kTail, Bytes(length));
    const Le32 tid_field(tid);
    std::memcpy(bytes.data() + 4, &tid_field, 4);
    const Le32 crc(crc32c(crc_, ByteSpan(bytes).first(8)) ^ crc_error);
    std::memcpy(bytes.data() + 8, &crc, 4);
    append(bytes);
    crc_ = 0;
    return *this;
  }
  FastCommitBuilder& pad() {
    append(tag(FastCommitTag::kPad, Bytes(kBlock - used_ - 4)));
    return *this;
  }

  [[nodiscard]] std::vector<Bytes> blocks() const {
    std::vector<Bytes> all = blocks_;
    if (used_ != 0) {
      all.push_back(block_);
      all.back().resize(kBlock);
    }
    return all;
  }

 private:
  static constexpr std::size_t kBlock = ImageBuilder::kBlockSize;

  void append(const Bytes& bytes) {
    block_.insert(block_.end(), bytes.begin(), bytes.end());
    crc_ = crc32c(crc_, bytes);
    used_ += bytes.size();
    if (used_ == kBlock) {
      blocks_.push_back(std::move(block_));
      block_.clear();
      used_ = 0;
    }
  }

  std::vector<Bytes> blocks_;
  Bytes block_;
  std::size_t used_ = 0;
  std::uint32_t crc_ = 0;
};

}  // namespace coldread::ext4::test
