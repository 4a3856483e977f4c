#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include "core/fscrypt/contents_step.hpp"
#include "core/fscrypt/context.hpp"
#include "core/fscrypt/key_files.hpp"
#include "core/fscrypt/key_ring.hpp"
#include "core/fscrypt/names.hpp"
#include "core/fscrypt/nokey_name.hpp"
#include "tests/fuzz/fixed_key.hpp"
#include "tests/fuzz/fuzz_target.hpp"

// An inode's encryption context, and what is decrypted by it with a fixed key in its modes: a name, a link's target,
// contents.
// Input: the block size's log2 less 10 (8 bits), the context's length (8 bits), the context, and ciphertext.

namespace coldread::fuzz {
namespace {

using namespace coldread::fscrypt;  // NOLINT(google-build-using-namespace): the parsers under test

const MasterKey& key() {
  static const MasterKey kKey = MasterKey::make(fixed_key()).value();
  return kKey;
}

void check_policy(const Policy& policy, std::uint32_t block_size) {
  require(policy.version == 1 || policy.version == 2, "a policy has a version that is known");
  require(policy.master_key.size() == (policy.version == 1 ? 8u : 16u), "a policy names its key");
  require(policy.data_unit_size >= 512 && policy.data_unit_size <= block_size, "a data unit is 512 bytes to a block");
  require(policy.padding() >= 4 && policy.padding() <= 32, "names are padded to 4 to 32 bytes");
  require(!mode_name(policy.contents_mode).empty() && !mode_name(policy.filenames_mode).empty(), "modes have names");
  if ((policy.flags & ~3u) != 0) require(!policy.flag_names().empty(), "flags have names");
}

void decrypt_names(const Context& context, ByteView ciphertext, const FileIdentity& file) {
  const auto cipher = NameCipher::make(context, key(), file);
  require(cipher.has_value() == !unsupported(context.policy), "what is supported can be decrypted");
  if (!cipher) return;
  if (const auto name = cipher->decrypt(ciphertext)) {
    require(!name->empty() && *name != "." && *name != "..", "a decrypted name is one that a file can have");
    require(name->find_first_of(std::string_view("/\0", 2)) == std::string::npos, "nor holds it a slash or a NUL");
    require(name->size() <= ciphertext.size(), "a name is no longer than its ciphertext");
  }
  if (const auto stored = symlink_ciphertext(ciphertext)) {
    require(!stored->empty() && stored->size() <= ciphertext.size() - 2, "a target lies in what is stored");
    if (const auto target = cipher->decrypt_target(*stored)) require(!target->empty(), "a target is not empty");
  }
}

/// Three extents, of which the first and the last are stored, over what is left of the input.
void decrypt_contents(const Context& context, ByteView ciphertext, std::uint32_t block_size, std::uint16_t cut,
                      const FileIdentity& file) {
  const auto step = make_contents_step(context, key(), file);
  require(step.has_value() == !unsupported(context.policy), "what is supported can be decrypted");
  if (!step) return;
  Bytes bytes = ciphertext.copy();
  bytes.resize(std::max<std::size_t>(1, bytes.size() / block_size) * block_size);
  const std::uint64_t first = std::min<std::uint64_t>(cut, bytes.size());
  const std::uint64_t second = first + (bytes.size() - first) / 2;
  read::Window window;
  window.bytes = bytes;
  const auto add = [&](std::uint64_t begin, std::uint64_t end, read::ExtentKind kind) {
    if (begin < end) window.extents.push_back({begin, end - begin, kind, 0});
  };
  add(0, first, read::ExtentKind::kStored);
  add(first, second, read::ExtentKind::kHole);
  add(second, bytes.size(), (cut & 1) != 0 ? read::ExtentKind::kInline : read::ExtentKind::kStored);
  (*step)->apply(window);
  for (const read::BlockFault& fault : window.faults) {
    require(fault.step == read::StepKind::kDecrypt, "a fault names its step");
    require(ByteView(bytes).fits(fault.range.offset, fault.range.length), "a fault lies in its window");
    require(all_zero(window.at(fault.range.offset, fault.range.length)), "what failed is zeros");
  }
}

void run(Input& input) {
  const std::uint32_t block_size = 1024u << (input.number<std::uint8_t>() % 7);
  const ByteView stored = input.take(input.number<std::uint8_t>());
  const auto cut = input.number<std::uint16_t>();
  const ByteView ciphertext = input.rest();

  const std::string shown = no_key_name({cut, cut}, ciphertext);
  require(shown.size() <= 255, "a no-key name is one that a file can have");
  require(
      shown.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos,
      "a no-key name is base64url");
  if (const auto raw = parse_key(ciphertext.span(), "fuzz")) {
    require(raw->size() >= kMinKeySize && raw->size() <= kMaxKeySize, "a key has the size of one");
  }

  const auto context = parse_context(stored, block_size);
  if (!context) {
    require(!context.error().message().empty(), "an error has a message");
    return;
  }
  check_policy(context->policy, block_size);
  const FileIdentity file{{}, cut};
  decrypt_names(*context, ciphertext, file);
  decrypt_contents(*context, ciphertext, block_size, cut, file);
}

}  // namespace
}  // namespace coldread::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coldread::fuzz::Input input(data, size);
  coldread::fuzz::run(input);
  return 0;
}
