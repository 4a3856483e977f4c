#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"

namespace coldread::report {

/// A file that appears whole or not at all. It grows under a temporary name beside its target and is renamed by
/// commit(). A target that a rename would destroy or cannot reach (standard output, a device, a pipe) gets a nameless
/// temporary file's content in commit() instead. Without commit(), nothing stays.
class PartFile {
 public:
  /// `path` is the target, or "-" for standard output. Errors: kOutput.
  [[nodiscard]] static Result<std::unique_ptr<PartFile>> create(const std::string& path);
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;
  ~PartFile();

  /// Appends bytes. A failure is kept, ends all further writing, and is told by commit().
  void write(std::string_view text);

  /// Writes bytes at an offset, at once: for what does not come in order. Not to be mixed with write().
  void write_at(std::uint64_t offset, ByteSpan bytes);

  /// The first failure so far.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

  /// Puts the file in place. Errors: kOutput.
  [[nodiscard]] Result<void> commit();

 private:
  PartFile(std::string target, std::string part, int fd)
      : target_(std::move(target)), part_(std::move(part)), fd_(fd) {}

  void flush();
  void keep_error(int code);
  void rename_into_place();
  void copy_into_place();

  std::string target_;  ///< "-" for standard output
  std::string part_;    ///< empty where the temporary file has no name
  int fd_;
  std::string buffer_;
  bool ends_in_hole_ = false;  ///< the last bytes were zeros, and not written
  std::optional<Error> error_;
};

}  // namespace coldread::report
