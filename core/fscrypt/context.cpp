#include "core/fscrypt/context.hpp"

#include "core/base/little_endian.hpp"
#include "core/base/text.hpp"

namespace coldread::fscrypt {
namespace {

constexpr std::uint8_t kPaddingMask = 0x03;
constexpr std::uint8_t kKnownFlags = kPaddingMask | kFlagDirectKey | kFlagIvInoLblk64 | kFlagIvInoLblk32;

constexpr std::uint32_t kMinDataUnitSize = 512;

struct ContextV1 {
  std::uint8_t version;
  std::uint8_t contents_encryption_mode;
  std::uint8_t filenames_encryption_mode;
  std::uint8_t flags;
  std::array<std::byte, 8> master_key_descriptor;
  std::array<std::byte, 16> nonce;
};
static_assert(sizeof(ContextV1) == 28);

struct ContextV2 {
  std::uint8_t version;
  std::uint8_t contents_encryption_mode;
  std::uint8_t filenames_encryption_mode;
  std::uint8_t flags;
  std::uint8_t log2_data_unit_size;
  std::array<std::byte, 3> reserved;
  std::array<std::byte, 16> master_key_identifier;
  std::array<std::byte, 16> nonce;
};
static_assert(sizeof(ContextV2) == 40);

template <class Stored>
Context common_part(const Stored& stored, int version, ByteSpan master_key) {
  Context context;
  context.policy.version = version;
  context.policy.contents_mode = stored.contents_encryption_mode;
  context.policy.filenames_mode = stored.filenames_encryption_mode;
  context.policy.flags = stored.flags;
  context.policy.master_key.assign(master_key.begin(), master_key.end());
  context.nonce = stored.nonce;
  return context;
}

tl::unexpected<Error> wrong_size(std::size_t size, int version) {
  return fail(ErrorKind::kCorrupt, "encryption context",
              std::to_string(size) + " bytes are not the size of version " + std::to_string(version));
}

Result<Context> parse_v1(ByteView stored, std::uint32_t block_size) {
  if (stored.size() != sizeof(ContextV1)) return wrong_size(stored.size(), 1);
  const auto v1 = *stored.load<ContextV1>(0);
  Context context = common_part(v1, 1, v1.master_key_descriptor);
  context.policy.data_unit_size = block_size;
  return context;
}

Result<Context> parse_v2(ByteView stored, std::uint32_t block_size) {
  if (stored.size() != sizeof(ContextV2)) return wrong_size(stored.size(), 2);
  const auto v2 = *stored.load<ContextV2>(0);
  if (!all_zero(v2.reserved)) {
    return fail(ErrorKind::kUnsupported, "encryption context", "its reserved bytes are in use");
  }
  Context context = common_part(v2, 2, v2.master_key_identifier);
  const std::uint64_t unit = v2.log2_data_unit_size == 0   ? block_size
                             : v2.log2_data_unit_size < 32 ? std::uint64_t{1} << v2.log2_data_unit_size
                                                           : 0;
  if (unit < kMinDataUnitSize || unit > block_size) {
    return fail(ErrorKind::kCorrupt, "encryption context",
                "a data unit of 2^" + std::to_string(v2.log2_data_unit_size) +
                    " bytes is not between 512 bytes and the " + std::to_string(block_size) + " bytes of a block");
  }
  context.policy.data_unit_size = static_cast<std::uint32_t>(unit);
  if (context.policy.has(kFlagIvInoLblk32) && unit != block_size) {
    return fail(ErrorKind::kUnsupported, "encryption context",
                "IV_INO_LBLK_32 with data units smaller than a block is not supported");
  }
  return context;
}

/// The pairs of modes that a kernel takes (fs/crypto/policy.c, fscrypt_valid_enc_modes_v1 and _v2).
bool kernel_takes_modes(const Policy& policy) {
  const auto contents = static_cast<Mode>(policy.contents_mode);
  const auto filenames = static_cast<Mode>(policy.filenames_mode);
  switch (contents) {
    case Mode::kAes256Xts:
      return filenames == Mode::kAes256Cts || (filenames == Mode::kAes256Hctr2 && policy.version == 2);
    case Mode::kAes128CbcEssiv: return filenames == Mode::kAes128Cts;
    case Mode::kSm4Xts: return filenames == Mode::kSm4Cts && policy.version == 2;
    case Mode::kAdiantum: return filenames == Mode::kAdiantum;
    default: return false;
  }
}

}  // namespace

std::vector<std::string> Policy::flag_names() const {
  std::vector<std::string> names;
  if (flags & kFlagDirectKey) names.emplace_back("DIRECT_KEY");
  if (flags & kFlagIvInoLblk64) names.emplace_back("IV_INO_LBLK_64");
  if (flags & kFlagIvInoLblk32) names.emplace_back("IV_INO_LBLK_32");
  for (const int bit : {0x20, 0x40, 0x80}) {
    if (flags & bit) names.push_back("0x" + to_hex(std::array{static_cast<std::byte>(bit)}));
  }
  return names;
}

Result<Context> parse_context(ByteView stored, std::uint32_t block_size) {
  const auto version = stored.byte(0);
  if (!version) return fail(ErrorKind::kCorrupt, "encryption context", "it is empty");
  switch (*version) {
    case 1: return parse_v1(stored, block_size);
    case 2: return parse_v2(stored, block_size);
    default:
      return fail(ErrorKind::kUnsupported, "encryption context",
                  "version " + std::to_string(*version) + " is not supported");
  }
}

std::optional<Error> unsupported(const Policy& policy) {
  const auto refuse = [](std::string what) {
    return Error{ErrorKind::kUnsupported, "encryption policy", std::move(what) + " is not supported"};
  };
  const std::string contents = mode_name(policy.contents_mode);
  const std::string filenames = mode_name(policy.filenames_mode);
  const std::string version = " in version " + std::to_string(policy.version);
  if (policy.version != 1 && policy.version != 2) return refuse("version " + std::to_string(policy.version));
  if (mode_sizes(policy.contents_mode).key == 0) return refuse("contents encryption with " + contents);
  if (mode_sizes(policy.filenames_mode).key == 0) return refuse("filenames encryption with " + filenames);
  if (!kernel_takes_modes(policy)) {
    return refuse("contents encryption with " + contents + " and filenames encryption with " + filenames + version);
  }
  const std::vector<std::string> names = policy.flag_names();
  if (policy.has(static_cast<std::uint8_t>(~kKnownFlags))) return refuse("flag " + names.back());
  if (names.empty()) return std::nullopt;
  if (names.size() > 1) return refuse("flag " + names[0] + " together with " + names[1]);
  if (policy.version == 1 && !policy.has(kFlagDirectKey)) return refuse("flag " + names.front() + version);
  // DIRECT_KEY needs room for the nonce in the IV, IV_INO_LBLK_* are for inline encryption hardware.
  const bool adiantum = policy.contents_mode == static_cast<std::uint8_t>(Mode::kAdiantum);
  const bool aes_256_xts = policy.contents_mode == static_cast<std::uint8_t>(Mode::kAes256Xts);
  if (policy.has(kFlagDirectKey) ? !adiantum : !aes_256_xts)
    return refuse("flag " + names.front() + " with " + contents);
  return std::nullopt;
}

std::optional<Error> key_too_short(const Policy& policy, Use use, std::size_t size) {
  const ModeSizes sizes = mode_sizes(policy.mode(use));
  const std::size_t least = policy.version == 1 ? sizes.key : sizes.strength;
  if (size >= least) return std::nullopt;
  return Error{ErrorKind::kLocked, "encryption key",
               "its " + std::to_string(size) + " bytes are too few: " + mode_name(policy.mode(use)) + " in version " +
                   std::to_string(policy.version) + " takes at least " + std::to_string(least)};
}

}  // namespace coldread::fscrypt
