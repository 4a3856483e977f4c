#pragma once

#include <cstdint>
#include <optional>

#include "core/base/error.hpp"
#include "core/fscrypt/context.hpp"
#include "core/fscrypt/file_identity.hpp"
#include "core/fscrypt/master_key.hpp"
#include "core/fscrypt/mode_cipher.hpp"

namespace coldread::fscrypt {

/// The IVs of one file (fscrypt.rst, "DIRECT_KEY policies", "IV_INO_LBLK_64 policies", "IV_INO_LBLK_32 policies",
/// "Contents encryption"): a data unit's number, with what the policy's flags add to it. Names have the number 0.
class IvMaker {
 public:
  /// Errors: kUnsupported (an inode number that does not fit into the IVs of the policy).
  [[nodiscard]] static Result<IvMaker> make(const Context& context, const MasterKey& key, const FileIdentity& file);

  /// The IV of that data unit, or nothing where its number does not fit into the 32 bits that the policy has for it.
  [[nodiscard]] std::optional<Iv> iv(std::uint64_t data_unit) const;

 private:
  Iv rest_{};                       ///< what stands after the number: zeros, or the nonce
  bool narrow_ = false;             ///< numbers have 32 bits
  std::uint32_t inode_ = 0;         ///< is the number's upper half
  std::uint32_t hashed_inode_ = 0;  ///< is added to the number, modulo 2^32
};

}  // namespace coldread::fscrypt
