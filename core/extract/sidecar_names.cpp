#include "core/extract/sidecar_names.hpp"

#include "core/base/text.hpp"
#include "core/fscrypt/names.hpp"

namespace coldread::extract {
namespace {

Result<fscrypt::NameCipher> cipher_of(const report::SidecarFilesystem& filesystem, const std::string& context_hex,
                                      std::uint64_t inode, const fscrypt::KeyRing& keys) {
  const auto uuid = parse_uuid(filesystem.uuid);
  const auto stored = from_hex(context_hex);
  if (!uuid || !stored) return fail(ErrorKind::kCorrupt, "", "the report's uuid or context is no such thing");
  const auto context = fscrypt::parse_context(*stored, filesystem.block_size);
  if (!context) return fail(context.error());
  const Bytes& name = context->policy.master_key;
  const fscrypt::MasterKey* const key = keys.find(name);
  if (key == nullptr) return fail(ErrorKind::kLocked, "", "its key " + to_hex(name) + " is missing");
  auto cipher = fscrypt::NameCipher::make(*context, *key, {*uuid, inode});
  if (cipher) keys.mark_used(name);
  return cipher;
}

}  // namespace

Result<std::string> decrypt_name(const report::SidecarFilesystem& filesystem, const report::NameCiphertext& name,
                                 const fscrypt::KeyRing& keys) {
  const auto cipher = cipher_of(filesystem, name.context, name.directory, keys);
  if (!cipher) return fail(cipher.error());
  return cipher->decrypt(as_bytes(name.bytes));
}

Result<std::string> decrypt_target(const report::SidecarFilesystem& filesystem, const report::SidecarEntry& entry,
                                   const fscrypt::KeyRing& keys) {
  const auto cipher = cipher_of(filesystem, entry.ciphertext->context.value_or(""), entry.inode, keys);
  if (!cipher) return fail(cipher.error());
  return cipher->decrypt_target(as_bytes(*entry.ciphertext->target));
}

}  // namespace coldread::extract
