#include <sstream>

#include "core/fscrypt/argon2id.hpp"
#include "core/fscrypt/e4crypt_key.hpp"
#include "core/fscrypt/fscrypt_metadata.hpp"
#include "core/fscrypt/passphrase_file.hpp"
#include "core/fscrypt/wrapped_key.hpp"
#include "tests/fuzz/fuzz_target.hpp"

// What fscrypt(8) keeps on a filesystem: a protector, a policy's metadata, a link to a protector; and a salt's
// notation. Input: which of them (8 bits), then its bytes.

namespace coldread::fuzz {
namespace {

using namespace coldread::fscrypt;  // NOLINT(google-build-using-namespace): the parsers under test

void check(const WrappedKey& wrapped, std::size_t size) {
  require(wrapped.iv.size() == 16 && wrapped.hmac.size() == 32, "an IV has 16 bytes, an HMAC 32");
  require(wrapped.encrypted_key.size() == size, "a wrapped key is as long as its kind");
  const Bytes zeros(kWrappingKeySize);
  require(unwrap(zeros, wrapped).has_value(), "what was parsed can be tried");
}

void check(const Protector& protector) {
  require(protector.descriptor.size() == 16, "a protector is named by 16 digits");
  require(!protector.source_text().empty(), "a source has a name");
  check(protector.wrapped, 32);
  if (protector.source == ProtectorSource::kRawKey) return;
  const HashingCosts& costs = protector.costs;
  require(costs.passes >= 1 && costs.lanes >= 1 && costs.lanes <= 255, "there is a pass and a lane");
  require(costs.memory >= 8 * costs.lanes && protector.salt.size() == 16, "Argon2id takes these costs and this salt");
  constexpr std::uint64_t kQuick = 1024;
  const std::uint64_t work = std::uint64_t{costs.memory} * costs.passes;
  if (work > kQuick && work <= kMaxArgon2Work && costs.memory <= kMaxArgon2Memory) return;
  const auto hash = argon2id(Secret(4), protector.salt, costs, kWrappingKeySize);
  require(hash.has_value() == (work <= kQuick), "what is within the limits is hashed, what is not is refused");
}

void run(Input& input) {
  const auto which = input.number<std::uint8_t>();
  const ByteView bytes = input.rest();
  if (const auto protector = parse_protector(bytes)) check(*protector);
  if (const auto policy = parse_protected_policy(bytes)) {
    require(policy->key.size() == (policy->version == 2 ? 32 : 16), "a policy names its key");
    for (const ProtectedPolicyKey& key : policy->keys) check(key.wrapped, 64);
  }
  if (const auto link = parse_protector_link(as_chars(bytes.span()))) {
    require(!link->uuid.empty() || !link->mountpoint.empty(), "a link leads somewhere");
  }
  std::istringstream stream(bytes.str());
  if (const auto passphrase = read_passphrase("-", stream)) {
    require(!passphrase->key.empty() && passphrase->key.size() <= bytes.size(), "a passphrase is what was read");
  }
  if (const auto salt = parse_salt(bytes.str())) {
    require(salt->size() <= kMaxSaltSize, "a salt has at most 256 bytes");
    if (which == 1) require(e4crypt_key(Secret(8), *salt).has_value(), "every salt gives a key");
  }
}

}  // namespace
}  // namespace coldread::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coldread::fuzz::Input input(data, size);
  coldread::fuzz::run(input);
  return 0;
}
