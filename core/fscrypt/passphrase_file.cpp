#include "core/fscrypt/passphrase_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace coldread::fscrypt {
namespace {

constexpr std::size_t kMaxSize = 4096;

/// As much as fits into `buffer`: how many bytes. Errors: kUsage.
Result<std::size_t> read_file(const std::string& path, MutableByteSpan buffer) {
  const auto failed = [&](const char* what) {
    return fail(ErrorKind::kUsage, path, what + std::system_category().message(errno));
  };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (file < 0) return failed("the passphrase cannot be opened: ");
  std::size_t filled = 0;
  ssize_t n = 1;
  while (n != 0 && filled < buffer.size()) {
    n = ::read(file, buffer.data() + filled, buffer.size() - filled);
    if (n < 0 && errno != EINTR) break;
    if (n > 0) filled += static_cast<std::size_t>(n);
  }
  Result<std::size_t> result = filled;
  if (n < 0) result = failed("the passphrase cannot be read: ");
  ::close(file);
  return result;
}

std::size_t read_stream(std::istream& in, MutableByteSpan buffer) {
  std::size_t filled = 0;
  for (int c = 0; filled < buffer.size() && (c = in.get()) != std::istream::traits_type::eof(); ++filled) {
    buffer[filled] = static_cast<std::byte>(c);
  }
  return filled;
}

}  // namespace

Result<NamedSecret> read_passphrase(const std::string& path, std::istream& standard_input) {
  const std::string origin = path == "-" ? "standard input" : path;
  Secret buffer(kMaxSize + 1);
  const Result<std::size_t> size =
      path == "-" ? read_stream(standard_input, buffer.writable()) : read_file(path, buffer.writable());
  if (!size) return fail(size.error());
  if (*size > kMaxSize) return fail(ErrorKind::kUsage, origin, "a passphrase of more than 4096 bytes is not taken");
  ByteSpan text = buffer.view().first(*size);
  if (!text.empty() && text.back() == std::byte{'\n'}) text = text.first(text.size() - 1);
  if (text.empty()) return fail(ErrorKind::kUsage, origin, "there is no passphrase in it");
  return NamedSecret{origin, Secret(text)};
}

}  // namespace coldread::fscrypt
