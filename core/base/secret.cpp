#include "core/base/secret.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace coldread {

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::move(other.bytes_);
    other.bytes_.clear();
  }
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() noexcept { coldread::wipe(bytes_); }

void wipe(MutableByteSpan bytes) noexcept { OPENSSL_cleanse(bytes.data(), bytes.size()); }

}  // namespace coldread
