#include "core/extract/content_hash.hpp"

#include <openssl/evp.h>

#include <array>

#include "core/base/text.hpp"

namespace coldread::extract {
namespace {

const EVP_MD* algorithm_named(const std::string& name) {
  if (name == "sha256") return EVP_sha256();
  if (name == "sha1") return EVP_sha1();
  if (name == "md5") return EVP_md5();
  return nullptr;
}

}  // namespace

bool ContentHash::known(const std::string& algorithm) { return algorithm_named(algorithm) != nullptr; }

ContentHash::ContentHash(const std::vector<std::string>& algorithms) {
  for (const std::string& name : algorithms) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    hashes_.push_back({name, context});
    EVP_DigestInit_ex(context, algorithm_named(name), nullptr);
  }
}

ContentHash::~ContentHash() {
  for (const One& one : hashes_) EVP_MD_CTX_free(one.context);
}

void ContentHash::update(ByteSpan bytes) {
  for (const One& one : hashes_) EVP_DigestUpdate(one.context, bytes.data(), bytes.size());
}

std::vector<std::pair<std::string, std::string>> ContentHash::finish() {
  std::vector<std::pair<std::string, std::string>> result;
  for (const One& one : hashes_) {
    std::array<std::byte, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestFinal_ex(one.context, as_uchars(MutableByteSpan(digest)), &size);
    result.emplace_back(one.name, to_hex(ByteSpan(digest).first(size)));
  }
  return result;
}

}  // namespace coldread::extract
