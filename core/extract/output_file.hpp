#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "core/base/error.hpp"
#include "core/extract/host_attributes.hpp"
#include "core/extract/jail.hpp"
#include "core/extract/output_names.hpp"
#include "core/extract/sink.hpp"

namespace coldread::extract {

/// What the entries of one output directory share.
struct Output {
  Output(std::string named, std::unique_ptr<Jail> opened, const SinkOptions& chosen);

  /// An error that names `path` below the output directory.
  [[nodiscard]] tl::unexpected<Error> error(const std::string& path, const std::string& what, int code) const;

  std::string place;  ///< the output directory as the user named it
  SinkOptions options;
  std::unique_ptr<Jail> jail;
  OutputNames names;
  Losses losses;
  std::string part_prefix;  ///< of temporary names: random, so that no image can hold an entry of that name
  std::atomic<std::uint64_t> parts{0};
};

/// True where the host refuses this entry (errno), though it may well take the next one.
[[nodiscard]] bool concerns_entry(int code);

/// A regular file on its way: written under a temporary name in its own directory, with permissions 0600, and renamed
/// by commit().
class OutputFile final : public SinkFile {
 public:
  /// Makes the file that will be `placed`, all of it a hole of `size` bytes: a size that the host cannot have is thus
  /// known before anything is written. Errors: errno.
  [[nodiscard]] static SysResult<std::unique_ptr<OutputFile>> create(Output& output, const std::string& placed,
                                                                     std::uint64_t size);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() override;

  [[nodiscard]] Result<void> write(std::uint64_t offset, ByteSpan bytes) override;
  [[nodiscard]] Result<void> commit(const SinkEntry& entry) override;

 private:
  OutputFile(Output& output, Descriptor file, std::string part, std::string placed)
      : output_(output), file_(std::move(file)), part_(std::move(part)), placed_(std::move(placed)) {}

  SysResult<void> resize(std::uint64_t size);

  Output& output_;
  Descriptor file_;
  std::string part_;  ///< empty once it has its name
  std::string placed_;
  std::uint64_t size_ = 0;
};

/// Stands for a file that is skipped: takes everything, writes nothing.
class DiscardedFile final : public SinkFile {
 public:
  [[nodiscard]] Result<void> write(std::uint64_t offset, ByteSpan bytes) override;
  [[nodiscard]] Result<void> commit(const SinkEntry& entry) override;
};

}  // namespace coldread::extract
