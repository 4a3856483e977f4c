#include "core/extract/sidecar_names.hpp"

#include "core/base/text.hpp"
#include "core/fscrypt/names.hpp"

namespace coldread::extract {
namespace {

/// The context that a report has of an inode.
Result<fscrypt::Context> context_of(const report::SidecarFilesystem& filesystem, const std::string& context_hex) {
  const auto stored = from_hex(context_hex);
  if (!stored) return fail(ErrorKind::kCorrupt, "", "the report's context is no such thing");
  return fscrypt::parse_context(*stored, filesystem.block_size);
}

Result<fscrypt::NameCipher> cipher_of(const report::SidecarFilesystem& filesystem, const std::string& context_hex,
                                      std::uint64_t inode, const fscrypt::KeyRing& keys) {
  const auto uuid = parse_uuid(filesystem.uuid);
  if (!uuid) return fail(ErrorKind::kCorrupt, "", "the report's uuid is no such thing");
  const auto context = context_of(filesystem, context_hex);
  if (!context) return fail(context.error());
  const Bytes& name = context->policy.master_key;
  const fscrypt::FoundKey found = keys.look_up(name, *uuid);
  if (found.key == nullptr) return fail(ErrorKind::kLocked, "", "its key " + to_hex(name) + " is missing");
  if (!found.refused.empty() && !found.contents_only) return fail(ErrorKind::kLocked, "", found.refused);
  auto cipher = fscrypt::NameCipher::make(*context, *found.key, {*uuid, inode});
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

void SidecarEvidence::add(const report::SidecarFilesystem& filesystem, const report::SidecarEntry& entry) {
  const auto uuid = parse_uuid(filesystem.uuid);
  if (!uuid || !entry.ciphertext || keys_.unproven_count() == 0) return;
  KeyEvidence& evidence = volumes_.try_emplace(filesystem.uuid, keys_, *uuid, true).first->second;
  const auto weigh = [&](const std::string& context_hex, std::uint64_t inode, fscrypt::KeyScore::Kind kind,
                         const std::string& ciphertext) {
    const auto context = context_of(filesystem, context_hex);
    if (context) evidence.add_name(*context, {*uuid, inode}, kind, as_bytes(ciphertext));
  };
  if (const auto& name = entry.ciphertext->name) {
    weigh(name->context, name->directory, fscrypt::KeyScore::Kind::kName, name->bytes);
  }
  if (const auto& target = entry.ciphertext->target) {
    weigh(entry.ciphertext->context.value_or(""), entry.inode, fscrypt::KeyScore::Kind::kTarget, *target);
  }
}

void SidecarEvidence::judge() {
  for (auto& [uuid, evidence] : volumes_) evidence.judge();
}

}  // namespace coldread::extract
