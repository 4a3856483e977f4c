#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/source/block_source.hpp"

namespace coldread::extract {

/// A source of which all was read and hashed once: what it gives later is what was hashed then, or a fault. So a hash
/// says something of bytes that are read after it was taken. It keeps 32 bytes for each MiB, and hashes each MiB again
/// when it is read.
class PinnedSource final : public source::BlockSource {
 public:
  /// Reads all of `source`; raising `interrupt` ends that early. Errors: kRead (some of it cannot be read).
  [[nodiscard]] static Result<std::shared_ptr<const PinnedSource>> make(
      std::shared_ptr<const source::BlockSource> source, const std::atomic<bool>& interrupt);

  /// The SHA-256 of all of it, in hex.
  [[nodiscard]] const std::string& sha256() const { return sha256_; }
  [[nodiscard]] std::uint64_t size() const override { return source_->size(); }
  /// A piece that is not what was hashed is a fault.
  [[nodiscard]] std::vector<source::ReadFault> read_at(std::uint64_t offset, MutableByteSpan out) const override;

 private:
  struct Piece {
    std::uint64_t index = 0;
    Bytes bytes;
    std::vector<source::ReadFault> faults;
  };
  explicit PinnedSource(std::shared_ptr<const source::BlockSource> source) : source_(std::move(source)) {}
  [[nodiscard]] const Piece& piece(std::uint64_t index) const;

  std::shared_ptr<const source::BlockSource> source_;
  std::string sha256_;
  std::vector<std::string> digests_;  ///< of each piece
  mutable std::mutex mutex_;
  mutable std::deque<Piece> pieces_;  ///< those that were read last: fs-verity goes to and fro
};

}  // namespace coldread::extract
