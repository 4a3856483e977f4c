#include "core/fscrypt/names.hpp"

#include <utility>

#include "core/base/little_endian.hpp"

namespace coldread::fscrypt {
namespace {

/// The least ciphertext of a name: one block (fs/crypto/fscrypt_private.h, FSCRYPT_FNAME_MIN_MSG_LEN).
constexpr std::size_t kMinNameSize = 16;

}  // namespace

Result<NameCipher> NameCipher::make(const Context& context, const MasterKey& key, const FileIdentity& file) {
  auto cipher = make_file_cipher(context, Use::kNames, key, file);
  if (!cipher) return fail(std::move(cipher.error()));
  return NameCipher(std::move(*cipher));
}

Result<Bytes> NameCipher::decrypt_whole(ByteView ciphertext) const {
  if (ciphertext.size() < kMinNameSize) {
    return fail(ErrorKind::kCorrupt, "",
                "an encrypted name of " + std::to_string(ciphertext.size()) + " bytes is shorter than a cipher block");
  }
  Bytes bytes = ciphertext.copy();
  const auto iv = cipher_.ivs.iv(0);
  if (!iv || !cipher_.cipher->decryptor()->decrypt(*iv, bytes)) {
    return fail(ErrorKind::kCorrupt, "", "a name could not be decrypted");
  }
  return bytes;
}

Result<std::string> NameCipher::decrypt_padded(ByteView ciphertext) const {
  const auto bytes = decrypt_whole(ciphertext);
  if (!bytes) return fail(bytes.error());
  const std::string_view padded = as_chars(*bytes);
  return std::string(padded.substr(0, padded.find('\0')));
}

Result<std::string> NameCipher::decrypt(ByteView ciphertext) const {
  auto name = decrypt_padded(ciphertext);
  if (!name) return name;
  if (name->empty()) return fail(ErrorKind::kCorrupt, "", "a name is empty once it is decrypted");
  if (*name == "." || *name == ".." || name->find('/') != std::string::npos) {
    return fail(ErrorKind::kCorrupt, "", "a name decrypts to one that no directory can hold");
  }
  return name;
}

Result<std::string> NameCipher::decrypt_target(ByteView ciphertext) const {
  auto target = decrypt_padded(ciphertext);
  if (target && target->empty()) return fail(ErrorKind::kCorrupt, "", "a link's target is empty once it is decrypted");
  return target;
}

Result<Bytes> symlink_ciphertext(ByteView stored) {
  const auto length = stored.load<Le16>(0);
  if (!length) return fail(ErrorKind::kCorrupt, "", "an encrypted link's target has no length");
  const auto ciphertext = stored.sub(sizeof(Le16), *length);
  if (!ciphertext || ciphertext->empty()) {
    return fail(ErrorKind::kCorrupt, "",
                "an encrypted link's target claims " + std::to_string(length->get()) + " of " +
                    std::to_string(stored.size() - sizeof(Le16)) + " bytes");
  }
  return ciphertext->copy();
}

}  // namespace coldread::fscrypt
