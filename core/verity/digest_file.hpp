#pragma once

#include <sys/stat.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "core/base/error.hpp"
#include "core/source/file_source.hpp"
#include "core/verity/descriptor.hpp"
#include "core/verity/hasher.hpp"
#include "core/verity/merkle_tree.hpp"
#include "core/verity/tree_builder.hpp"

namespace coldread::verity {

/// How files are to be hashed, and what this costs once for all of them. Must outlive what uses it.
struct DigestMethod {
  /// `block_size` is a power of two of 1024 to 65536; `salt` has at most 32 bytes.
  DigestMethod(HashAlgorithm chosen, std::uint32_t bytes_of_block, Bytes salt_bytes);

  HashAlgorithm algorithm;
  std::uint32_t block_size;
  Bytes salt;
  Hasher hasher;
  Bytes zero_hash;  ///< of a block of zeros
};

/// Told of a block of a Merkle tree, and where it lies in the tree as it is stored (top level first).
using OnTreeBlock = std::function<void(std::uint64_t offset, ByteSpan block)>;

/// An ordinary file on the way to its fs-verity descriptor. One thread at a time takes pieces, any number of them hash
/// these, in any order.
class DigestFile {
 public:
  /// A part of the file that is hashed at once.
  struct Piece {
    std::uint64_t number = 0;
    std::uint64_t first_block = 0;
    std::uint64_t blocks = 0;
    bool hole = false;
    bool last = false;
  };
  /// Bytes of a buffer that holds any piece's data.
  static constexpr std::size_t kPieceSize = std::size_t{1} << 20;

  /// Opens a regular file. `on_block` is told of the tree's blocks, by one thread at a time. Errors: kNotFound (it
  /// cannot be opened, or is no regular file), kRead, kUnsupported (a tree deeper than kernels read).
  [[nodiscard]] static Result<std::shared_ptr<DigestFile>> of(const std::string& path, const DigestMethod& method,
                                                              OnTreeBlock on_block = nullptr);

  /// The next piece, up to the one that says that it is the last. Every file has one, if an empty one.
  [[nodiscard]] Piece take();

  /// What hashing a piece has brought about.
  struct Progress {
    std::uint64_t done = 0;  ///< pieces that are dealt with by it: none where an earlier one is not yet there
    bool complete = false;   ///< it was the one after which none was left, told to one caller only
  };
  /// Reads and hashes a piece. `buffer` has kPieceSize bytes.
  [[nodiscard]] Progress hash(const Piece& piece, MutableByteSpan buffer);

  /// The descriptor of the complete file, without signature. Errors: kRead, also where the file was changed while it
  /// was read, for then nothing it ever held need have this digest.
  [[nodiscard]] Result<Descriptor> finish();

 private:
  struct Hashed {
    Piece piece;
    Bytes digests;  ///< none of a hole
  };

  DigestFile(std::string path, const DigestMethod& method, std::shared_ptr<const source::FileSource> source,
             const struct stat& status, const MerkleTree& shape, OnTreeBlock on_block);

  void look_for_data();
  [[nodiscard]] std::optional<std::string> read(std::uint64_t offset, MutableByteSpan out) const;
  [[nodiscard]] Bytes read_and_hash(const Piece& piece, MutableByteSpan buffer);
  [[nodiscard]] Result<void> check_unchanged() const;

  std::string path_;
  const DigestMethod& method_;
  std::shared_ptr<const source::FileSource> source_;
  struct stat status_;  ///< when it was opened
  std::uint64_t data_blocks_;
  std::uint64_t most_hole_blocks_;  ///< of a piece

  std::uint64_t next_block_ = 0;  ///< to take
  std::uint64_t next_number_ = 0;
  std::uint64_t data_from_ = 0;   ///< blocks from next_block_ up to this one are a hole,
  std::uint64_t data_until_ = 0;  ///< and from there up to this one data

  std::atomic<bool> failed_{false};
  std::mutex mutex_;  ///< over what follows
  TreeBuilder builder_;
  std::map<std::uint64_t, Hashed> waiting_;  ///< for an earlier piece, by number
  std::uint64_t next_to_add_ = 0;
  std::optional<std::string> fault_;
};

}  // namespace coldread::verity
