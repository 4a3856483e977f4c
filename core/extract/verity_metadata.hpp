#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "core/extract/content.hpp"
#include "core/read/reader.hpp"
#include "core/volume/inode.hpp"

namespace coldread::extract {

/// The parts of a file's fs-verity metadata, as FS_IOC_READ_VERITY_METADATA names them (fsverity.rst).
enum class VerityPart : std::uint8_t { kMerkleTree, kDescriptor, kSignature };

/// A file's fs-verity metadata as it is stored, decrypted and decompressed, not verified.
class VerityMetadata {
 public:
  /// `encryption` is null, or has a key; `plan` is the inode's, of plan_content(). Errors: those of Inode::map() and
  /// Inode::locate_verity().
  [[nodiscard]] static Result<VerityMetadata> find(const volume::Volume& volume, const volume::Inode& inode,
                                                   const Encryption* encryption, VerityPlan plan);

  /// Why a kernel would refuse the descriptor, in a sentence's end; empty where it would not.
  [[nodiscard]] const std::string& malformed() const { return malformed_; }

  /// Takes bytes; false ends the reading.
  using Write = std::function<bool(ByteSpan bytes)>;
  /// Is told of a range (file offsets, past EOF) that could not be read, and why.
  using OnFault = std::function<void(source::ByteRange range, const std::string& why)>;

  /// Hands out a part, piece by piece; zeros where it could not be read. The descriptor is its 256 bytes with a
  /// signature size of 0, as the ioctl gives it, whose hash is the file digest; the tree is as large as the descriptor
  /// says. Of a malformed descriptor, it is all that is stored as one, unchanged; the tree is all the room that there
  /// is for one; the signature is what follows the first 256 bytes, as far as its size says where that can be. Errors:
  /// kNotFound (there is no signature).
  [[nodiscard]] Result<void> read(VerityPart part, const Write& write, const OnFault& on_fault) const;

 private:
  /// False where `write` ended it.
  bool read_range(std::uint64_t begin, std::uint64_t length, const Write& write, const OnFault& on_fault) const;
  [[nodiscard]] Result<void> read_descriptor(VerityPart part, const Write& write, const OnFault& on_fault) const;

  std::unique_ptr<const read::Reader> past_eof_;
  volume::VerityLocation location_;
  std::optional<verity::Descriptor> descriptor_;
  std::string malformed_;
};

}  // namespace coldread::extract
