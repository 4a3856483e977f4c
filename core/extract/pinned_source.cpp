#include "core/extract/pinned_source.hpp"

#include <algorithm>
#include <utility>

#include "core/extract/content_hash.hpp"

namespace coldread::extract {
namespace {

constexpr std::size_t kPiece = 1 << 20;
constexpr std::size_t kKept = 4;

std::size_t length_of(std::uint64_t index, std::uint64_t size) {
  return static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, size - index * kPiece));
}

std::string digest_of(ByteSpan piece) {
  ContentHash hash({"sha256"});
  hash.update(piece);
  return hash.finish().front().second;
}

}  // namespace

Result<std::shared_ptr<const PinnedSource>> PinnedSource::make(std::shared_ptr<const source::BlockSource> source,
                                                               const std::atomic<bool>& interrupt) {
  std::shared_ptr<PinnedSource> pinned(new PinnedSource(std::move(source)));
  ContentHash whole({"sha256"});
  Bytes buffer(kPiece);
  for (std::uint64_t at = 0; at < pinned->size() && !interrupt; at += kPiece) {
    const auto piece = MutableByteSpan(buffer).first(length_of(at / kPiece, pinned->size()));
    if (auto done = source::read_exactly(*pinned->source_, at, piece); !done) return fail(std::move(done.error()));
    whole.update(piece);
    pinned->digests_.push_back(digest_of(piece));
  }
  pinned->sha256_ = whole.finish().front().second;
  return pinned;
}

const PinnedSource::Piece& PinnedSource::piece(std::uint64_t index) const {
  const auto known = std::ranges::find(pieces_, index, &Piece::index);
  if (known != pieces_.end()) return *known;
  Piece piece{index, Bytes(length_of(index, size())), {}};
  piece.faults = source_->read_at(index * kPiece, piece.bytes);
  if (piece.faults.empty() && digest_of(piece.bytes) != digests_.at(index)) {
    piece.faults.push_back({{index * kPiece, piece.bytes.size()}, "it was changed while it was read"});
  }
  if (pieces_.size() == kKept) pieces_.pop_front();
  return pieces_.emplace_back(std::move(piece));
}

std::vector<source::ReadFault> PinnedSource::read_at(std::uint64_t offset, MutableByteSpan out) const {
  const std::lock_guard lock(mutex_);
  std::vector<source::ReadFault> faults;
  std::size_t done = 0;
  for (std::uint64_t at = offset; done < out.size() && at < size(); at = offset + done) {
    const Piece& from = piece(at / kPiece);
    const auto begin = static_cast<std::size_t>(at % kPiece);
    const MutableByteSpan part = out.subspan(done, std::min(out.size() - done, from.bytes.size() - begin));
    std::copy_n(from.bytes.begin() + static_cast<std::ptrdiff_t>(begin), part.size(), part.begin());
    for (const source::ReadFault& fault : from.faults) {
      const std::uint64_t first = std::max(fault.range.offset, at);
      const std::uint64_t last = std::min(fault.range.offset + fault.range.length, at + part.size());
      if (first >= last) continue;
      const MutableByteSpan bad =
          part.subspan(static_cast<std::size_t>(first - at), static_cast<std::size_t>(last - first));
      std::fill(bad.begin(), bad.end(), std::byte{0});
      faults.push_back({{first, last - first}, fault.reason});
    }
    done += part.size();
  }
  const MutableByteSpan past = out.subspan(done);
  std::fill(past.begin(), past.end(), std::byte{0});
  if (!past.empty()) faults.push_back({{offset + done, past.size()}, "past the end of the file"});
  return faults;
}

}  // namespace coldread::extract
