#include "core/fscrypt/file_cipher.hpp"

#include <utility>

namespace coldread::fscrypt {
namespace {

/// A key that all files share whose policy has the flag, `mode` and the master key (and, but for DIRECT_KEY, which lie
/// on the same filesystem).
Result<Secret> mode_key(const MasterKey& key, HkdfContext context, std::uint8_t mode, ByteSpan uuid,
                        std::size_t length) {
  Bytes info{static_cast<std::byte>(mode)};
  info.insert(info.end(), uuid.begin(), uuid.end());
  return key.derive(context, info, length);
}

Result<Secret> file_key(const Context& context, std::uint8_t mode, const MasterKey& key, const FileIdentity& file) {
  const Policy& policy = context.policy;
  const std::size_t length = mode_sizes(mode).key;
  if (policy.version == 1) {
    return policy.has(kFlagDirectKey) ? key.first_bytes(length) : key.derive_v1(context.nonce, length);
  }
  if (policy.has(kFlagDirectKey)) return mode_key(key, HkdfContext::kDirectKey, mode, {}, length);
  if (policy.has(kFlagIvInoLblk64)) return mode_key(key, HkdfContext::kIvInoLblk64Key, mode, file.uuid, length);
  if (policy.has(kFlagIvInoLblk32)) return mode_key(key, HkdfContext::kIvInoLblk32Key, mode, file.uuid, length);
  return key.derive_per_file_key(context.nonce, length);
}

}  // namespace

std::optional<Error> hw_wrapped_refusal(const Policy& policy, Use use, const MasterKey& key) {
  if (!key.is_hw_wrapped()) return std::nullopt;
  if (!policy.has(kFlagIvInoLblk64 | kFlagIvInoLblk32)) {
    return Error{ErrorKind::kUnsupported, "encryption policy",
                 "a hardware-wrapped key without IV_INO_LBLK_64 or IV_INO_LBLK_32 is not supported"};
  }
  if (use == Use::kNames || key.inline_key() != nullptr) return std::nullopt;
  return Error{ErrorKind::kLocked, "encryption key",
               "of its hardware-wrapped key only the software secret was given, which opens names: the inline key of "
               "contents is missing; give it with --inline-key"};
}

Result<FileCipher> make_file_cipher(const Context& context, Use use, const MasterKey& key, const FileIdentity& file) {
  if (auto error = unsupported(context.policy)) return fail(std::move(*error));
  if (auto error = key_too_short(context.policy, use, key.size())) return fail(std::move(*error));
  if (auto error = hw_wrapped_refusal(context.policy, use, key)) return fail(std::move(*error));
  const std::uint8_t mode = context.policy.mode(use);
  const bool by_hardware = key.is_hw_wrapped() && use == Use::kContents;
  const auto derived =
      by_hardware ? Result<Secret>(Secret(key.inline_key()->view())) : file_key(context, mode, key, file);
  if (!derived) return fail(derived.error());
  auto cipher = make_mode_cipher(static_cast<Mode>(mode), *derived);
  if (!cipher) return fail(std::move(cipher.error()));
  auto ivs = IvMaker::make(context, key, file);
  if (!ivs) return fail(std::move(ivs.error()));
  return FileCipher{std::move(*cipher), *ivs};
}

}  // namespace coldread::fscrypt
