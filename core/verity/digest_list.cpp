#include "core/verity/digest_list.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

#include "core/base/text.hpp"

namespace coldread::verity {
namespace {

struct Line {
  HashAlgorithm algorithm = HashAlgorithm::kSha256;
  Bytes digest;
  std::string_view path;
};

/// "./a", "/a" and "a" are one path: lists are made in the image's root as often as from it.
std::string_view normal(std::string_view path) {
  if (path.starts_with("./")) path.remove_prefix(2);
  while (path.starts_with('/')) path.remove_prefix(1);
  return path;
}

std::optional<Line> parse_line(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::size_t space = text.find(' ');
  if (colon == std::string_view::npos || space == std::string_view::npos || space < colon) return std::nullopt;
  Line line;
  const std::string_view name = text.substr(0, colon);
  if (name == algorithm_name(HashAlgorithm::kSha512)) {
    line.algorithm = HashAlgorithm::kSha512;
  } else if (name != algorithm_name(HashAlgorithm::kSha256)) {
    return std::nullopt;
  }
  auto digest = from_hex(text.substr(colon + 1, space - colon - 1));
  if (!digest || digest->size() != digest_size(line.algorithm)) return std::nullopt;
  line.digest = std::move(*digest);
  line.path = normal(text.substr(space + 1));
  if (line.path.empty()) return std::nullopt;
  return line;
}

/// True of a text with the line ends of another system. Of one line that ends so it is an ending too: a name that ends
/// in a carriage return is much rarer.
bool every_line_ends_in_cr(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end == at || text[end - 1] != '\r') return false;
    at = end + 1;
  }
  return !text.empty();
}

}  // namespace

Result<DigestList> DigestList::load(const std::vector<std::string>& paths) {
  DigestList list;
  for (const std::string& path : paths) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      return fail(ErrorKind::kNotFound, path, "cannot be opened: " + std::system_category().message(errno));
    }
    std::string text;
    std::array<char, 65536> piece;
    while (file.read(piece.data(), piece.size()) || file.gcount() > 0) {
      text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    }
    // A directory opens, and fails only when it is read.
    if (file.bad()) return fail(ErrorKind::kNotFound, path, "cannot be read");
    if (auto added = list.add(text, path); !added) return fail(std::move(added.error()));
  }
  return list;
}

Result<void> DigestList::add(std::string_view text, const std::string& name) {
  const bool is_crlf = every_line_ends_in_cr(text);
  std::uint64_t number = 0;
  while (!text.empty()) {
    const std::size_t length = std::min(text.find('\n'), text.size());
    const std::string_view line_text = text.substr(0, length - (is_crlf && length != 0 ? 1 : 0));
    text.remove_prefix(std::min(length + 1, text.size()));
    const std::string place = name + " line " + std::to_string(++number);
    if (line_text.empty()) continue;

    auto line = parse_line(line_text);
    if (!line) return fail(ErrorKind::kUsage, place, "is not of the form \"sha256:HEX PATH\"");
    ListedDigest listed{line->algorithm, std::move(line->digest), place};
    const auto [at, is_new] = entries_.try_emplace(std::string(line->path), listed);
    if (!is_new && (at->second.algorithm != listed.algorithm || at->second.digest != listed.digest)) {
      return fail(ErrorKind::kUsage, place, "contradicts " + at->second.place);
    }
  }
  return {};
}

const ListedDigest* DigestList::find(std::string_view path) const {
  const auto found = entries_.find(normal(path));
  return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace coldread::verity
