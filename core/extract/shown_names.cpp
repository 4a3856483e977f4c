#include "core/extract/shown_names.hpp"

#include <utility>

#include "core/fscrypt/nokey_name.hpp"

namespace coldread::extract {

ShownNames::ShownNames(const std::optional<Encryption>& encryption) : encrypted_(encryption.has_value()) {
  if (!encryption || encryption->key == nullptr) return;
  auto made = fscrypt::NameCipher::make(encryption->context, *encryption->key, encryption->file);
  if (made) {
    cipher_ = std::move(*made);
  } else {
    problem_ = "its names cannot be decrypted: " + made.error().message();
  }
}

ShownNames::Name ShownNames::show(volume::DirEntry&& entry) const {
  if (!encrypted_) return {std::move(entry.name), false, std::nullopt};
  auto plain = cipher_ ? cipher_->decrypt(as_bytes(entry.name)) : fail(ErrorKind::kLocked, "", "");
  if (plain) return {*std::move(plain), false, std::nullopt};
  Name name{fscrypt::no_key_name(entry.hash, as_bytes(entry.name)), !cipher_, std::nullopt};
  if (name.locked) name.stored = std::move(entry.name);
  if (cipher_) name.problem = "its name cannot be decrypted: " + plain.error().message();
  return name;
}

}  // namespace coldread::extract
