#pragma once

#include <optional>
#include <string>

#include "core/extract/content.hpp"
#include "core/fscrypt/names.hpp"
#include "core/volume/inode.hpp"

namespace coldread::extract {

/// A directory's names as the kernel shows them: as stored; decrypted where the directory is encrypted; or the no-key
/// name where its key is missing (fscrypt.rst, "Access semantics").
class ShownNames {
 public:
  struct Name {
    std::string text;
    bool locked = false;                 ///< a no-key name, since the key is missing
    std::optional<std::string> problem;  ///< it could not be decrypted, though there is a key
    std::string stored = {};             ///< of one that is locked: its ciphertext
  };

  /// `encryption` is the directory's.
  explicit ShownNames(const std::optional<Encryption>& encryption);

  [[nodiscard]] Name show(volume::DirEntry&& entry) const;
  /// Why none of them can be decrypted, though there is a key.
  [[nodiscard]] const std::optional<std::string>& problem() const { return problem_; }

 private:
  bool encrypted_;
  std::optional<fscrypt::NameCipher> cipher_;
  std::optional<std::string> problem_;
};

}  // namespace coldread::extract
