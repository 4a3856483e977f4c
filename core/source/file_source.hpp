#pragma once

#include <memory>
#include <string>

#include "core/source/block_source.hpp"

namespace coldread::source {

/// A regular file or block device, opened O_RDONLY (and O_NOATIME where the system allows it), never written or locked.
class FileSource final : public BlockSource {
 public:
  /// Opens `path`, which is `medium` to those who ask where bytes lie. Errors: kNotFound (no such file, no permission,
  /// neither file nor block device), kRead (its size cannot be told).
  [[nodiscard]] static Result<std::shared_ptr<const FileSource>> open(const std::string& path,
                                                                      Medium medium = Medium::kImage);
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override;

  [[nodiscard]] std::uint64_t size() const override { return size_; }

  /// A read that fails is tried again sector by sector (512 bytes), so that a medium's error costs only the sectors it
  /// hits.
  [[nodiscard]] std::vector<ReadFault> read_at(std::uint64_t offset, MutableByteSpan out) const override;

  [[nodiscard]] std::vector<Placement> locate(std::uint64_t offset, std::uint64_t length) const override;

  [[nodiscard]] bool is_device() const { return is_device_; }
  /// The open descriptor, for libraries that probe it (reading only).
  [[nodiscard]] int descriptor() const { return fd_; }

 private:
  FileSource(int fd, std::uint64_t size, bool is_device, Medium medium)
      : fd_(fd), size_(size), is_device_(is_device), medium_(medium) {}
  /// Bytes read before the end of the file or an error; `error` is the errno of that error, 0 where there was none.
  std::size_t read_some(std::uint64_t offset, MutableByteSpan out, int& error) const;

  int fd_;
  std::uint64_t size_;
  bool is_device_;
  Medium medium_;
};

}  // namespace coldread::source
