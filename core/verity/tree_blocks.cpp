#include "core/verity/tree_blocks.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "core/base/checked.hpp"

namespace coldread::verity {
namespace {

constexpr std::uint64_t kPieceSize = 64 << 10;

/// Enough for the levels above, which are read from rarely, and for many threads that are a few windows apart.
constexpr std::size_t kPieces = 16;

/// What the pieces of one tree may come to in bytes, where a reader's unit makes them large (compressed clusters of up
/// to 16 MiB): fewer are kept then, two at least.
constexpr std::uint64_t kMaxKept = 16 << 20;

std::size_t pieces_of(std::uint64_t piece_size) {
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(kMaxKept / piece_size, 2, kPieces));
}

}  // namespace

/// Filled by the first thread that wants it; the others wait rather than read the same.
struct TreeBlocks::Piece {
  std::once_flag filled;
  Bytes bytes;
  read::Window window;
};

TreeBlocks::TreeBlocks(const MerkleTree& tree, std::unique_ptr<const read::Reader> file, std::uint64_t tree_offset)
    : tree_(tree),
      file_(std::move(file)),
      tree_offset_(tree_offset),
      piece_size_(std::max<std::uint64_t>(kPieceSize, file_->unit())),
      pieces_(pieces_of(piece_size_)) {}

std::shared_ptr<const TreeBlocks::Piece> TreeBlocks::piece_at(std::uint64_t offset) const {
  auto piece = pieces_.find(offset);
  if (!piece) piece = pieces_.insert(offset, std::make_shared<Piece>());
  std::call_once(piece->filled, [&] {
    piece->bytes.resize(static_cast<std::size_t>(piece_size_));
    piece->window.offset = offset;
    piece->window.bytes = piece->bytes;
    file_->fill(piece->window);
    piece->window.scratch = {};
  });
  return piece;
}

std::optional<std::string> TreeBlocks::read(unsigned level, std::uint64_t index, MutableByteSpan out) const {
  const auto begin = checked_add(tree_offset_, tree_.offset(level, index));
  const auto end = begin ? checked_add(*begin, out.size()) : std::nullopt;
  if (!end || *end > file_->size()) return "it lies past the end of what is mapped";
  std::uint64_t at = *begin;
  while (at < *end) {
    const std::uint64_t piece_offset = round_down(at, piece_size_);
    const auto piece = piece_at(piece_offset);
    const std::uint64_t length = std::min(*end, piece_offset + piece_size_) - at;
    for (const read::BlockFault& fault : piece->window.faults) {
      if (fault.range.offset < at + length && at < fault.range.offset + fault.range.length) return fault.reason;
    }
    const MutableByteSpan from = piece->window.at(at, length);
    std::copy(from.begin(), from.end(), out.begin() + static_cast<std::ptrdiff_t>(at - *begin));
    at += length;
  }
  return std::nullopt;
}

}  // namespace coldread::verity
