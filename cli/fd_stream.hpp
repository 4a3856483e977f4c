#pragma once

#include <array>
#include <ostream>
#include <streambuf>

namespace coldread::cli {

/// An output stream over a file descriptor that remembers why it failed, which std::cout does not.
class FdStream final : public std::ostream {
 public:
  explicit FdStream(int fd) : std::ostream(&buffer_), buffer_(fd) {}

  /// Writes out what is buffered; the errno of the first write that failed, or 0.
  [[nodiscard]] int finish();

 private:
  class Buffer final : public std::streambuf {
   public:
    explicit Buffer(int fd) : fd_(fd) { setp(space_.data(), space_.data() + space_.size()); }
    [[nodiscard]] int error() const { return error_; }

   protected:
    int_type overflow(int_type c) override;
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int sync() override;

   private:
    bool write_all(const char* text, std::size_t size);

    int fd_;
    int error_ = 0;
    std::array<char, 1 << 16> space_{};
  };

  Buffer buffer_;
};

}  // namespace coldread::cli
