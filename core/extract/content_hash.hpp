#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"

struct evp_md_ctx_st;

namespace coldread::extract {

/// The hashes of one file's content, fed in file order.
class ContentHash {
 public:
  /// `algorithms` are names of the report: sha256, sha1, md5; none of them: nothing is computed.
  explicit ContentHash(const std::vector<std::string>& algorithms);
  ContentHash(const ContentHash&) = delete;
  ContentHash& operator=(const ContentHash&) = delete;
  ~ContentHash();

  /// True for the names that the constructor takes.
  [[nodiscard]] static bool known(const std::string& algorithm);

  void update(ByteSpan bytes);
  /// Each algorithm with its hash in hex, in the order given. Ends the computation.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> finish();

 private:
  struct One {
    std::string name;
    evp_md_ctx_st* context;
  };
  std::vector<One> hashes_;
};

}  // namespace coldread::extract
