#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/base/error.hpp"
#include "core/read/reader.hpp"

namespace coldread::read {

constexpr std::uint32_t kMinPageSize = 4096;
constexpr std::uint32_t kMaxPageSize = 65536;

/// How much is read at once, but for files with larger clusters.
constexpr std::uint32_t kMinWindowSize = 512 << 10;

/// A file as its pages: what a kernel with this page size would hold in its page cache. A page is up to date only if
/// each of its blocks is; a block that failed never hides the others.
class PageReader {
 public:
  /// `page_size` (bytes) is a power of two from 4 KiB to 64 KiB.
  PageReader(std::unique_ptr<const Reader> reader, std::uint32_t page_size);

  [[nodiscard]] std::uint64_t size() const { return reader_->size(); }
  [[nodiscard]] std::uint32_t page_size() const { return page_size_; }
  /// Pages of the file: ceil(size / page size).
  [[nodiscard]] std::uint64_t page_count() const;
  /// Bytes, a power of two, at least kMinWindowSize and a multiple of the page, of every step's unit and of a cluster:
  /// how much is read at once.
  [[nodiscard]] std::uint32_t window_size() const { return window_size_; }

  /// Fills `window` with the file from `offset` (a multiple of window_size()). `buffer` is at least window_size() long.
  /// window.bytes becomes the part of the buffer that holds whole pages up to EOF; bytes past EOF in the last page are
  /// zero. Faults and what is refused are sorted, and merged where they touch and agree.
  void read(std::uint64_t offset, MutableByteSpan buffer, Window& window) const;

 private:
  std::unique_ptr<const Reader> reader_;
  std::uint32_t page_size_;
  std::uint32_t window_size_;
};

/// Sorts the faults by offset and joins those that touch and have the same step and reason.
void sort_and_merge(std::vector<BlockFault>& faults);

/// Counts the pages that hold a failed block. Faults come in any number of calls, ascending from call to call.
class BadPageCount {
 public:
  /// `size` is EOF: a fault's part at or past it counts for no page.
  BadPageCount(std::uint32_t page_size, std::uint64_t size) : page_size_(page_size), size_(size) {}
  void add(const std::vector<BlockFault>& sorted_faults);
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  std::uint32_t page_size_;
  std::uint64_t size_;
  std::uint64_t next_page_ = 0;
  std::uint64_t count_ = 0;
};

/// The bytes [offset, offset + length) of a reader (cut at its size), all of them, or their first fault as an Error
/// (ErrorKind::kCorrupt). For small things: descriptors, directory blocks, link targets.
[[nodiscard]] Result<Bytes> read_whole(const Reader& reader, std::uint64_t offset, std::uint64_t length);

}  // namespace coldread::read
