#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/verity/hash_algorithm.hpp"

namespace coldread::verity {

/// A file digest that a list expects.
struct ListedDigest {
  HashAlgorithm algorithm = HashAlgorithm::kSha256;
  Bytes digest;
  std::string place;  ///< "FILE line N", for messages
};

/// File digests by path, as `fsverity digest` and `fsverity measure` print them: "sha256:HEX PATH", a line a file.
class DigestList {
 public:
  /// Reads the lists in these files into one. Errors: kNotFound (no such file), kUsage (a line of another form, or two
  /// that contradict each other, by file and line).
  [[nodiscard]] static Result<DigestList> load(const std::vector<std::string>& paths);

  /// Adds the lines of `text`; `name` is what messages call it. A path goes up to the end of its line and is bytes; an
  /// empty line is skipped. A carriage return belongs to the path unless every line ends in one. Errors: kUsage, as
  /// above.
  [[nodiscard]] Result<void> add(std::string_view text, const std::string& name);

  /// What is listed for a path, with or without a leading "/", or null.
  [[nodiscard]] const ListedDigest* find(std::string_view path) const;

  /// All of them, by path without a leading "/" or "./".
  [[nodiscard]] const std::map<std::string, ListedDigest, std::less<>>& entries() const { return entries_; }
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  std::map<std::string, ListedDigest, std::less<>> entries_;
};

}  // namespace coldread::verity
