#pragma once

#include "core/base/secret.hpp"

namespace coldread::fuzz {

/// The master key of the seeds: the bytes 0 to 63.
inline Secret fixed_key() {
  Secret key(64);
  unsigned next = 0;
  for (std::byte& byte : key.writable()) byte = static_cast<std::byte>(next++);
  return key;
}

}  // namespace coldread::fuzz
