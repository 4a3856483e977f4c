#include "core/report/part_file.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <vector>

#include "core/base/text.hpp"

namespace coldread::report {
namespace {

constexpr std::size_t kBuffer = 256 << 10;

tl::unexpected<Error> output_error(const std::string& where, const std::string& what, int code) {
  return fail(ErrorKind::kOutput, where, what + ": " + std::generic_category().message(code));
}

/// Writes everything; 0 or the errno.
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

/// Copies a whole file; 0 or the errno.
int copy_all(int from, int to) {
  std::string buffer(kBuffer, '\0');
  for (off_t at = 0;;) {
    const ssize_t n = ::pread(from, buffer.data(), buffer.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    if (n == 0) return 0;
    const auto size = static_cast<std::size_t>(n);
    if (const int code = write_all(to, std::string_view(buffer).substr(0, size)); code != 0) return code;
    at += n;
  }
}

/// What the target's name stands for: a rename must replace the file that a symlink leads to (/dev/stdout), not it.
std::string resolved(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  return real ? std::string(real.get()) : path;
}

/// A new file beside the target, with the permissions that the target is to have: mkstemp's 0600 would outlive the
/// rename. Its descriptor, or -errno.
int create_beside(const std::string& target, std::string& part) {
  constexpr int kTries = 100;
  constexpr std::size_t kMostName = 240;  // that leaves room for the ending in the 255 bytes of a name
  const std::size_t slash = target.find_last_of('/');
  const std::string directory = slash == std::string::npos ? "" : target.substr(0, slash + 1);
  const std::string name = target.substr(directory.size());
  for (int i = 0; i < kTries; ++i) {
    std::array<std::byte, 4> random{};
    if (::getrandom(random.data(), random.size(), 0) < 0) return -errno;
    part = directory + name.substr(0, kMostName) + ".part-" + to_hex(random);
    const int fd = ::open(part.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd >= 0) return fd;
    if (errno != EEXIST) return -errno;
  }
  return -EEXIST;
}

/// A file without a name in the place for temporary files. Its descriptor, or -errno.
int create_nameless(std::string& directory) {
  const char* const wish = std::getenv("TMPDIR");
  directory = wish != nullptr && *wish != '\0' ? wish : "/tmp";
  std::string name = directory + "/coldread-XXXXXX";
  const int fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd < 0) return -errno;
  ::unlink(name.c_str());
  return fd;
}

}  // namespace

Result<std::unique_ptr<PartFile>> PartFile::create(const std::string& path) {
  struct stat st {};
  const bool exists = path != "-" && ::stat(path.c_str(), &st) == 0;
  if (exists && S_ISDIR(st.st_mode)) return fail(ErrorKind::kOutput, path, "is a directory; give a file's name");
  const bool nameless = path == "-" || (exists && !S_ISREG(st.st_mode));

  std::string place;
  std::string part;
  const std::string target = nameless ? path : resolved(path);
  const int fd = nameless ? create_nameless(place) : create_beside(target, part);
  if (fd < 0) return output_error(nameless ? place : path, nameless ? "no temporary file" : "cannot be made", -fd);
  return std::unique_ptr<PartFile>(new PartFile(target, std::move(part), fd));
}

PartFile::~PartFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!part_.empty()) ::unlink(part_.c_str());
}

void PartFile::keep_error(int code) {
  if (!error_) error_ = output_error(target_, "cannot be written", code).value();
}

void PartFile::write(std::string_view text) {
  if (error_) return;
  buffer_ += text;
  if (buffer_.size() >= kBuffer) flush();
}

void PartFile::write_at(std::uint64_t offset, ByteSpan bytes) {
  while (!error_ && !bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return keep_error(errno);
    offset += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
}

// Zeros that fill a buffer are left out of a file: it may be mostly holes.
void PartFile::flush() {
  if (error_ || buffer_.empty()) return;
  ends_in_hole_ = !part_.empty() && buffer_.size() >= kBuffer && all_zero(as_bytes(buffer_));
  if (ends_in_hole_) {
    if (::lseek(fd_, static_cast<off_t>(buffer_.size()), SEEK_CUR) < 0) keep_error(errno);
  } else if (const int code = write_all(fd_, buffer_); code != 0) {
    keep_error(code);
  }
  buffer_.clear();
}

void PartFile::rename_into_place() {
  if (ends_in_hole_ && ::ftruncate(fd_, ::lseek(fd_, 0, SEEK_CUR)) != 0) return keep_error(errno);
  // Network filesystems tell of a full disk only on closing.
  const int closed = ::close(fd_);
  fd_ = -1;
  if (closed != 0 || ::rename(part_.c_str(), target_.c_str()) != 0) return keep_error(errno);
  part_.clear();
}

void PartFile::copy_into_place() {
  const bool standard_output = target_ == "-";
  const int to = standard_output ? STDOUT_FILENO : ::open(target_.c_str(), O_WRONLY | O_CLOEXEC);
  if (to < 0) return keep_error(errno);
  if (const int code = copy_all(fd_, to); code != 0) keep_error(code);
  if (!standard_output && ::close(to) != 0) keep_error(errno);
}

Result<void> PartFile::commit() {
  flush();
  if (!error_) part_.empty() ? copy_into_place() : rename_into_place();
  if (error_) return fail(*error_);
  return {};
}

}  // namespace coldread::report
