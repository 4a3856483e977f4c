#include "cli/fd_stream.hpp"

#include <unistd.h>

#include <cerrno>

namespace coldread::cli {

int FdStream::finish() {
  flush();
  return buffer_.error();
}

bool FdStream::Buffer::write_all(const char* text, std::size_t size) {
  while (size != 0 && error_ == 0) {
    const ssize_t n = ::write(fd_, text, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      error_ = errno;
    } else {
      text += n;
      size -= static_cast<std::size_t>(n);
    }
  }
  return error_ == 0;
}

int FdStream::Buffer::sync() {
  const bool done = write_all(pbase(), static_cast<std::size_t>(pptr() - pbase()));
  setp(space_.data(), space_.data() + space_.size());
  return done ? 0 : -1;
}

FdStream::Buffer::int_type FdStream::Buffer::overflow(int_type c) {
  if (sync() != 0) return traits_type::eof();
  if (!traits_type::eq_int_type(c, traits_type::eof())) sputc(traits_type::to_char_type(c));
  return traits_type::not_eof(c);
}

std::streamsize FdStream::Buffer::xsputn(const char* text, std::streamsize size) {
  if (size < epptr() - pptr()) return std::streambuf::xsputn(text, size);
  if (sync() != 0) return 0;
  return write_all(text, static_cast<std::size_t>(size)) ? size : 0;
}

}  // namespace coldread::cli
