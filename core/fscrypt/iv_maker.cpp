#include "core/fscrypt/iv_maker.hpp"

#include <algorithm>
#include <limits>

#include "core/base/little_endian.hpp"
#include "core/fscrypt/siphash.hpp"

namespace coldread::fscrypt {
namespace {

constexpr std::uint64_t kMax32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kNonceOffset = sizeof(Le64);

}  // namespace

Result<IvMaker> IvMaker::make(const Context& context, const MasterKey& key, const FileIdentity& file) {
  IvMaker maker;
  const Policy& policy = context.policy;
  if (policy.has(kFlagDirectKey)) {
    std::copy(context.nonce.begin(), context.nonce.end(), maker.rest_.begin() + kNonceOffset);
    return maker;
  }
  maker.narrow_ = policy.has(kFlagIvInoLblk64) || policy.has(kFlagIvInoLblk32);
  if (!maker.narrow_) return maker;
  if (file.inode > kMax32) {
    return fail(ErrorKind::kUnsupported, "encryption policy",
                "the inode's number does not fit into the 32 bits that " + policy.flag_names().front() + " has for it");
  }
  if (policy.has(kFlagIvInoLblk64)) {
    maker.inode_ = static_cast<std::uint32_t>(file.inode);
    return maker;
  }
  const auto hash_key = key.derive(HkdfContext::kInodeHashKey, {}, 16);
  if (!hash_key) return fail(hash_key.error());
  const Le64 number(file.inode);
  maker.hashed_inode_ =
      static_cast<std::uint32_t>(siphash_2_4(hash_key->view().first<16>(), bytes_of(number)) & kMax32);
  return maker;
}

std::optional<Iv> IvMaker::iv(std::uint64_t data_unit) const {
  if (narrow_ && data_unit > kMax32) return std::nullopt;
  Iv iv = rest_;
  const std::uint64_t sum = narrow_ ? (data_unit + hashed_inode_) & kMax32 : data_unit;
  const Le64 number(sum | std::uint64_t{inode_} << 32);
  const ByteSpan bytes = bytes_of(number);
  std::copy(bytes.begin(), bytes.end(), iv.begin());
  return iv;
}

}  // namespace coldread::fscrypt
