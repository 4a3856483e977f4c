#include "core/fscrypt/key_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "core/fscrypt/master_key.hpp"

namespace coldread::fscrypt {
namespace {

/// More than any key has in any form; what is longer is no key.
constexpr std::size_t kMaxFileSize = 4096;

constexpr const char* kForms = "a key is 16 to 64 raw bytes, or the same in hex";

std::string system_message(int error) { return std::system_category().message(error); }

std::optional<std::uint8_t> hex_digit(std::byte digit) {
  const char c = static_cast<char>(digit);
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

bool is_space(std::byte byte) {
  const char c = static_cast<char>(byte);
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

ByteSpan trimmed(ByteSpan content) {
  while (!content.empty() && is_space(content.front())) content = content.subspan(1);
  while (!content.empty() && is_space(content.back())) content = content.first(content.size() - 1);
  return content;
}

bool is_hex_key(ByteSpan text) {
  return text.size() % 2 == 0 && text.size() >= 2 * kMinKeySize && text.size() <= 2 * kMaxKeySize &&
         std::all_of(text.begin(), text.end(), [](std::byte digit) { return hex_digit(digit).has_value(); });
}

// base's from_hex would leave the key in a buffer that is not wiped.
Secret from_hex_key(ByteSpan text) {
  Secret key(text.size() / 2);
  for (std::size_t i = 0; i < key.size(); ++i) {
    const int value = *hex_digit(text[2 * i]) << 4 | *hex_digit(text[2 * i + 1]);
    key.writable()[i] = static_cast<std::byte>(value);
  }
  return key;
}

/// Reads `buffer` full, or up to the end of what `read_some` gives: it returns bytes read, 0 at the end, -1 on error.
template <class ReadSome>
Result<std::size_t> read_up_to(MutableByteSpan buffer, const std::string& origin, const ReadSome& read_some) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t n = read_some(buffer.subspan(filled));
    if (n < 0) return fail(ErrorKind::kUsage, origin, "cannot be read: " + system_message(errno));
    if (n == 0) break;
    filled += static_cast<std::size_t>(n);
  }
  return filled;
}

Result<Secret> read_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0) return fail(ErrorKind::kNotFound, path, "cannot be opened: " + system_message(errno));
  Secret buffer(kMaxFileSize + 1);
  const auto size = read_up_to(buffer.writable(), path, [&](MutableByteSpan out) {
    ssize_t n = 0;
    do {
      n = ::read(file, out.data(), out.size());
    } while (n < 0 && errno == EINTR);
    return n;
  });
  ::close(file);
  if (!size) return fail(size.error());
  return parse_key(buffer.view().first(*size), path);
}

Result<Secret> read_stream(std::istream& in) {
  static const std::string kOrigin = "standard input";
  Secret buffer(kMaxFileSize + 1);
  const auto size = read_up_to(buffer.writable(), kOrigin, [&](MutableByteSpan out) -> ssize_t {
    std::size_t n = 0;
    for (int c = 0; n < out.size() && (c = in.get()) != std::istream::traits_type::eof(); ++n) {
      out[n] = static_cast<std::byte>(c);
    }
    return static_cast<ssize_t>(n);
  });
  if (!size) return fail(size.error());
  return parse_key(buffer.view().first(*size), kOrigin);
}

/// The regular files in a directory, sorted by name. A link to a regular file is one.
Result<std::vector<std::string>> files_in(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code error;
  for (auto at = std::filesystem::directory_iterator(directory, error); !error && at != end(at); at.increment(error)) {
    std::error_code of_this;
    if (at->is_regular_file(of_this)) paths.push_back(at->path().string());
  }
  if (error) return fail(ErrorKind::kNotFound, directory, "cannot be listed: " + error.message());
  if (paths.empty()) return fail(ErrorKind::kNotFound, directory, "there is no key file in this directory");
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

Result<Secret> parse_key(ByteSpan content, const std::string& origin) {
  if (const ByteSpan text = trimmed(content); is_hex_key(text)) return from_hex_key(text);
  if (content.size() >= kMinKeySize && content.size() <= kMaxKeySize) return Secret(content);
  const std::string size = content.size() > kMaxFileSize ? "more than 4096" : std::to_string(content.size());
  return fail(ErrorKind::kUsage, origin, "its " + size + " bytes are no key: " + kForms);
}

Result<std::vector<NamedSecret>> read_keys(const std::string& path, std::istream& standard_input) {
  std::vector<NamedSecret> keys;
  if (path == "-") {
    auto key = read_stream(standard_input);
    if (!key) return fail(std::move(key.error()));
    keys.push_back({"standard input", std::move(*key)});
    return keys;
  }
  std::vector<std::string> paths{path};
  if (std::error_code error; std::filesystem::is_directory(path, error)) {
    auto files = files_in(path);
    if (!files) return fail(std::move(files.error()));
    paths = std::move(*files);
  }
  for (std::string& file : paths) {
    auto key = read_file(file);
    if (!key) return fail(std::move(key.error()));
    keys.push_back({std::move(file), std::move(*key)});
  }
  return keys;
}

}  // namespace coldread::fscrypt
