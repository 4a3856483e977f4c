#pragma once

#include <algorithm>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/secret.hpp"
#include "core/base/text.hpp"
#include "core/fscrypt/context.hpp"
#include "core/fscrypt/master_key.hpp"

namespace coldread::fscrypt::vectors {

/// The bytes of a test's own hex.
inline Bytes hex(std::string_view text) { return from_hex(text).value(); }

/// The lines of a file of vectors beside this one, without its comments.
inline std::vector<std::string> lines(const std::string& file) {
  std::ifstream in(std::string(COLDREAD_SOURCE_DIR) + "/tests/unit/core/fscrypt/" + file);
  std::vector<std::string> all;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with('#')) all.push_back(line);
  }
  return all;
}

/// A master key, and below what Linux 7.2 wrote with it on ext4 with data units of 512 bytes.
inline MasterKey kernel_key() {
  return MasterKey::make(Secret(hex("e5b67f4afff2bca9082d2c0ef443bcaf4cf935454bf9356bdb08fd68e087fd07"
                                    "90e3020c16dd6d9a47a571db0082bc12e08cfd81fbeee7f09aa77f7820766d97")))
      .value();
}
constexpr std::string_view kKernelKeyIdentifier = "f26f3e13d3da58779600ba63591d135b";

/// The context of an inode with that nonce, under the key's policy: AES-256-XTS, AES-256-CTS, padding 32.
inline Context kernel_context(std::string_view nonce, std::uint32_t data_unit_size = 512) {
  Context context;
  context.policy.contents_mode = 1;
  context.policy.filenames_mode = 4;
  context.policy.flags = 3;
  context.policy.data_unit_size = data_unit_size;
  context.policy.master_key = hex(kKernelKeyIdentifier);
  const Bytes bytes = hex(nonce);
  std::copy(bytes.begin(), bytes.end(), context.nonce.begin());
  return context;
}

}  // namespace coldread::fscrypt::vectors
