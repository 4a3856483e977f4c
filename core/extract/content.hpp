#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/error.hpp"
#include "core/extract/verity_plan.hpp"
#include "core/fscrypt/context.hpp"
#include "core/fscrypt/file_identity.hpp"
#include "core/fscrypt/key_ring.hpp"
#include "core/read/page_reader.hpp"
#include "core/volume/volume.hpp"

namespace coldread::extract {

/// How an encrypted inode stands to the keys that were given.
struct Encryption {
  fscrypt::Context context;
  fscrypt::FileIdentity file;
  const fscrypt::MasterKey* key = nullptr;  ///< null: locked
  bool key_given = false;                   ///< the key is there, whether or not the policy can be decrypted with it
  /// How it is known to be the policy's, for all that is decrypted with it.
  fscrypt::KeyProof key_proof = fscrypt::KeyProof::kNone;
  std::string why_locked;  ///< a sentence, where the policy cannot be decrypted, or not with that key
};

/// The encryption of an inode, or nothing where it has none. Errors: kCorrupt, kUnsupported (its context cannot be
/// understood, so that neither its policy nor its key is known).
[[nodiscard]] Result<std::optional<Encryption>> find_encryption(const volume::Inode& inode,
                                                                const fscrypt::KeyRing& keys,
                                                                const volume::VolumeFacts& volume);

/// A file's reader with its steps.
struct ContentPlan {
  std::unique_ptr<const read::PageReader> reader;
  std::optional<VerityPlan> verity;
  std::optional<read::FileMap> map;  ///< absent where the mapping could not be understood at all
  std::string unmapped;              ///< why, then
};

/// The one place that sees an inode's facts and the keys together: composes the reader of a file's data, with the steps
/// that it needs, in their order. `encryption` is null for an unencrypted file, and has a key otherwise. Whatever is
/// wrong with the file becomes faults of the blocks concerned (of all, where its mapping or verity descriptor is
/// unusable). `stop`, where it is not null, must live as long as the plan: once it is true, what would take long is
/// given up (VerityStep::gave_up()).
[[nodiscard]] ContentPlan plan_content(const volume::Volume& volume, const volume::Inode& inode,
                                       const Encryption* encryption, std::uint32_t page_size,
                                       const std::atomic<bool>* stop = nullptr);

/// A reader of the inode's bytes [0, end of the mapping), decrypted where `encryption` has a key, decompressed, never
/// verified.
/// Errors: those of Inode::map().
[[nodiscard]] Result<std::unique_ptr<const read::Reader>> plan_past_eof(const volume::Volume& volume,
                                                                        const volume::Inode& inode,
                                                                        const Encryption* encryption);

/// A symlink's target and its size as stat(2) shows them.
struct LinkTarget {
  std::string target;  ///< of a locked symlink: as the kernel shows it without the key
  std::uint64_t size = 0;
};

/// The encrypted target of a symlink, without the key. Errors: kCorrupt, kRead.
[[nodiscard]] Result<Bytes> read_link_ciphertext(const volume::Volume& volume, const volume::Inode& inode);

/// The target of a symlink. Errors: kCorrupt, kRead.
[[nodiscard]] Result<LinkTarget> read_link(const volume::Volume& volume, const volume::Inode& inode,
                                           const Encryption* encryption);

}  // namespace coldread::extract
