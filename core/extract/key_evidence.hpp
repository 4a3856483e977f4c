#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/extract/content.hpp"
#include "core/fscrypt/context.hpp"
#include "core/fscrypt/file_identity.hpp"
#include "core/fscrypt/key_ring.hpp"
#include "core/fscrypt/key_score.hpp"
#include "core/volume/volume.hpp"

namespace coldread::extract {

/// What speaks for and against the keys that nothing in their policies proves (KeyRing::unproven()), on one volume:
/// that names decrypt to well-formed ones, and what files' last blocks hold past their ends to zeros. A raw key of 32
/// bytes is also looked at under policies with IV_INO_LBLK_*, where it may be the software secret of a hardware-wrapped
/// key.
class KeyEvidence {
 public:
  /// `keys` outlives this. `lblk`: the volume may have policies with IV_INO_LBLK_*.
  KeyEvidence(fscrypt::KeyRing& keys, const fscrypt::KeyRing::Uuid& volume, bool lblk);

  /// True where no such key was given.
  [[nodiscard]] bool empty() const { return expected_ == 0; }
  /// True where nothing more need be looked at.
  [[nodiscard]] bool decided() const;

  /// Whether names under this policy, or what lies past the ends of files, tell something that is not decided yet.
  [[nodiscard]] bool wants_names(const fscrypt::Policy& policy) { return wanted(policy, false) != nullptr; }
  [[nodiscard]] bool wants_tails(const fscrypt::Policy& policy) { return wanted(policy, true) != nullptr; }

  /// Weighs a stored name of the directory, or the target of the symlink, whose context and identity these are.
  void add_name(const fscrypt::Context& context, const fscrypt::FileIdentity& file, fscrypt::KeyScore::Kind kind,
                ByteView ciphertext);
  /// Weighs what a file's last block holds past EOF: `past_eof` decrypts it with the key that it is given, or says that
  /// it cannot.
  using PastEof = std::function<std::optional<Bytes>(const fscrypt::MasterKey& key)>;
  void add_tail(const fscrypt::Policy& policy, const PastEof& past_eof);

  /// Takes down in the ring what it comes to (KeyRing::judge()). A key of which nothing was weighed is not judged.
  void judge();

 private:
  /// Keys that may be the one of a name in policies, with what each was found to decrypt.
  struct Candidates {
    Bytes name;
    std::vector<const fscrypt::MasterKey*> keys;
    std::vector<fscrypt::KeyScore> scores;
    bool by_tails = false;          ///< contents tell, not names
    bool may_be_sw_secret = false;  ///< its identifier proves the key, if it is a raw one
    bool is_raw = false;            ///< which it is: it has a policy that is none of a hardware-wrapped key

    [[nodiscard]] bool decided() const;
  };

  Candidates* wanted(const fscrypt::Policy& policy, bool tails);
  [[nodiscard]] static std::optional<fscrypt::KeyVerdict> verdict_on(const Candidates& candidates);

  fscrypt::KeyRing& keys_;
  fscrypt::KeyRing::Uuid volume_;
  bool lblk_;
  std::size_t expected_;
  std::map<std::string, Candidates> found_;  ///< by the name that policies have for the key, in hex
};

/// Looks for evidence on a volume, so that it is settled before anything is read, and the same for any number of jobs.
/// The walk ends where every such key is proven, at kMaxEvidenceItems entries at the latest. Nothing is read where no
/// such key was given.
void find_key_evidence(const volume::Volume& volume, fscrypt::KeyRing& keys);

/// The same in what one regular file has past its end, where nothing else of its filesystem is there.
void find_key_evidence(const volume::Volume& volume, const volume::Inode& file, fscrypt::KeyRing& keys);

/// What a regular file's last block holds past EOF, decrypted with that key: zeros, as the kernel writes it. Nothing
/// where there is no such thing: the file ends with a block, that block is not stored or cannot be read, or it is
/// compressed.
[[nodiscard]] std::optional<Bytes> read_tail(const volume::Volume& volume, const volume::Inode& file,
                                             const Encryption& encryption, const fscrypt::MasterKey& key);

constexpr std::size_t kMaxEvidenceItems = std::size_t{1} << 20;

}  // namespace coldread::extract
