#include "core/fscrypt/argon2id.hpp"

#include <argon2.h>

#include <algorithm>
#include <string>
#include <thread>

namespace coldread::fscrypt {

Result<Secret> argon2id(const Secret& passphrase, ByteSpan salt, const HashingCosts& costs, std::size_t length) {
  const std::uint64_t work = std::uint64_t{costs.memory} * costs.passes;
  if (costs.memory > kMaxArgon2Memory || work > kMaxArgon2Work) {
    return fail(ErrorKind::kUnsupported, "",
                "hashing a passphrase for it takes " + std::to_string(costs.memory) + " KiB of memory and " +
                    std::to_string(costs.passes) +
                    " passes over it; more than 1 GiB, or 256 GiB in all passes, is not "
                    "tried");
  }
  // The interface has no const; with these flags it writes to neither.
  Secret input(passphrase.view());
  Bytes salt_copy(salt.begin(), salt.end());
  Secret hash(length);
  argon2_context context{};
  context.out = as_uchars(hash.writable());
  context.outlen = static_cast<std::uint32_t>(hash.size());
  context.pwd = as_uchars(input.writable());
  context.pwdlen = static_cast<std::uint32_t>(input.size());
  context.salt = as_uchars(MutableByteSpan(salt_copy));
  context.saltlen = static_cast<std::uint32_t>(salt_copy.size());
  context.t_cost = costs.passes;
  context.m_cost = costs.memory;
  context.lanes = costs.lanes;
  context.threads = std::min(costs.lanes, std::max(1U, std::thread::hardware_concurrency()));
  context.version = ARGON2_VERSION_13;
  context.flags = ARGON2_DEFAULT_FLAGS;
  const int result = argon2_ctx(&context, Argon2_id);
  if (result == ARGON2_OK) return hash;
  const bool machine = result == ARGON2_MEMORY_ALLOCATION_ERROR || result == ARGON2_THREAD_FAIL;
  return fail(machine ? ErrorKind::kUnsupported : ErrorKind::kCorrupt, "",
              std::string("hashing a passphrase for it failed: ") + argon2_error_message(result));
}

}  // namespace coldread::fscrypt
