#pragma once

#include <vector>

#include "core/verity/openssl_handles.hpp"
#include "core/verity/trust_store.hpp"

namespace coldread::verity {

/// What a trust store holds, for those who speak to libcrypto.
struct TrustStore::Certificates {
  std::vector<Certificate> all;
};

}  // namespace coldread::verity
