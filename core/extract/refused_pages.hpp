#pragma once

#include <cstdint>
#include <vector>

#include "core/extract/page_table.hpp"

namespace coldread::extract {

/// Blocks of the file that keep a page from being read.
struct RefusedBlocks {
  std::uint64_t first = 0;  ///< in filesystem blocks
  std::uint64_t last = 0;
  read::StepKind step = read::StepKind::kRead;
  bool proven = false;  ///< the data is right here, and refused all the same
  friend bool operator==(const RefusedBlocks&, const RefusedBlocks&) = default;
};

/// Pages, one behind the other, that a kernel's read(2) would end with EIO for alike.
struct RefusedPages {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::vector<RefusedBlocks> blocks;  ///< ascending
  friend bool operator==(const RefusedPages&, const RefusedPages&) = default;
};

/// What a kernel would refuse of a file, page by page, and how much of it.
class RefusedPageList {
 public:
  explicit RefusedPageList(std::uint32_t block_size) : block_size_(block_size) {}

  /// Rows come ascending, each page once.
  void add(const PageRow& row);

  [[nodiscard]] const std::vector<RefusedPages>& pages() const { return pages_; }
  [[nodiscard]] std::uint64_t total() const { return total_; }
  /// Pages with a block that failed.
  [[nodiscard]] std::uint64_t bad() const { return bad_; }
  /// Further pages, all of whose data is proven, that a kernel refuses.
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  std::uint64_t block_size_;
  std::uint64_t total_ = 0;
  std::uint64_t bad_ = 0;
  std::uint64_t refused_ = 0;
  std::vector<RefusedPages> pages_;
};

}  // namespace coldread::extract
