#include <string>

#include "core/fscrypt/aes_gcm.hpp"
#include "core/fscrypt/keymaster_blob.hpp"
#include "core/fscrypt/vold_key.hpp"
#include "tests/fuzz/fuzz_target.hpp"

// A key directory of vold, opened without a secret and with one.
// Input: which files are there (8 bits, in the order below); of each that is, its size (16 bits) and its content.

namespace coldread::fuzz {
namespace {

using namespace coldread::fscrypt;  // NOLINT(google-build-using-namespace): the parsers under test

void check_blob(ByteView blob) {
  const KeymasterBlob parsed = parse_keymaster_blob(blob);
  require(!parsed.format.empty(), "a blob has a form");
  require(parsed.in_clear || parsed.key.empty(), "only a blob in clear gives a key");
  require(parsed.key.size() < blob.size() || parsed.key.empty(), "a key is part of its blob");
  if (is_intact(blob, {})) require(parsed.in_clear, "only a blob in clear has an HMAC");
}

void check(const Result<OpenedVoldKey>& opened, const VoldKeyDirectory& directory) {
  if (!opened) {
    require(!opened.error().what.empty(), "what is missing is named");
    return;
  }
  require(directory.encrypted_key.has_value(), "a key was sealed");
  require(opened->key.size() + kGcmNonceSize + kGcmTagSize == directory.encrypted_key->size(), "and has its size");
  require(!opened->by.empty(), "what opens it is named");
}

void run(Input& input) {
  VoldKeyDirectory directory;
  const auto present = input.number<std::uint8_t>();
  int bit = 0;
  for (auto* file : {&directory.version, &directory.stretching, &directory.salt, &directory.secdiscardable,
                     &directory.encrypted_key, &directory.keymaster_key_blob, &directory.keymaster_key_blob_upgraded}) {
    if (((present >> bit++) & 1) == 0) continue;
    const auto size = input.number<std::uint16_t>();
    *file = Secret(input.take(size).span());
  }
  if (directory.keymaster_key_blob) check_blob(ByteView(directory.keymaster_key_blob->view()));
  if (directory.encrypted_key) {
    const Bytes zeros(kGcmKeySize);
    if (const auto plain = open_aes_256_gcm(zeros, directory.encrypted_key->view())) {
      require(plain->size() + kGcmNonceSize + kGcmTagSize == directory.encrypted_key->size(), "GCM keeps the length");
    }
  }
  check(open_vold_key(directory, {}), directory);
  std::vector<NamedSecret> secrets;
  secrets.push_back({"fuzz", Secret(as_bytes("a secret of 32 bytes, as it were"))});
  check(open_vold_key(directory, secrets), directory);
}

}  // namespace
}  // namespace coldread::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coldread::fuzz::Input input(data, size);
  coldread::fuzz::run(input);
  return 0;
}
