#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/extract/content.hpp"
#include "core/read/compression.hpp"
#include "core/read/window.hpp"
#include "core/source/block_source.hpp"

namespace coldread::extract {

/// How a step ended badly on a run of blocks.
struct StepEnd {
  read::StepKind step = read::StepKind::kRead;
  std::string reason;
  friend bool operator==(const StepEnd&, const StepEnd&) = default;
};

/// A run of blocks of one page that lie together (or are of one compressed cluster), went through the same steps and
/// ended alike.
struct PageRun {
  std::uint64_t offset = 0;  ///< in the file
  std::uint64_t length = 0;  ///< whole blocks; of inline data its bytes
  read::ExtentKind kind = read::ExtentKind::kHole;
  std::uint64_t source_offset = 0;
  std::optional<source::Placement> placement;  ///< of the bytes; nothing where they are not together or nowhere
  std::vector<source::Placement> packed;       ///< of a compressed cluster: where its compressed bytes lie
  /// The part of the file around it that lies together on the medium and came in with it, at most a window; nothing
  /// where the run has no placement.
  std::optional<source::ByteRange> piece;
  std::vector<read::StepKind> steps;  ///< those that it went through, up to the one that failed
  std::optional<StepEnd> failed;      ///< the first step that failed
  std::optional<StepEnd> refused;     ///< nothing failed, and a kernel refuses it all the same: its data is proven
};

/// A page as it would be in a kernel's page cache.
struct PageRow {
  std::uint64_t page = 0;
  std::uint64_t offset = 0;
  std::vector<PageRun> runs;

  [[nodiscard]] bool bad() const;
  /// A kernel refuses it, and all of it is proven here.
  [[nodiscard]] bool refused() const;
};

/// The page table of one file, as reconstructed: its rows are made while the file is read. What it is made of is only
/// referred to, and must outlive it.
class PageTable {
 public:
  /// `source` is the volume's; `encrypted`: a decryption step is run.
  PageTable(const ContentPlan& plan, const source::BlockSource& source, std::uint32_t block_size,
            const std::optional<read::Compression>& compression, bool encrypted);

  /// Reads the file and gives its pages, ascending, until `row` says false. True when all were given.
  bool read(const std::function<bool(const PageRow&)>& row) const;

 private:
  struct Block;

  [[nodiscard]] std::vector<Block> blocks_of(const read::Window& window) const;
  [[nodiscard]] PageRow row_of(const std::vector<Block>& blocks, std::uint64_t begin) const;
  [[nodiscard]] PageRun run_of(const Block& block) const;
  [[nodiscard]] std::vector<read::StepKind> steps(const Block& block) const;

  const ContentPlan& plan_;
  const source::BlockSource& source_;
  std::uint64_t block_size_;
  const std::optional<read::Compression>& compression_;
  bool encrypted_;
};

}  // namespace coldread::extract
