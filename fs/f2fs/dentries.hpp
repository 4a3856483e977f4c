#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/base/byte_view.hpp"
#include "fs/f2fs/layout.hpp"

namespace coldread::f2fs {

/// An area of directory entries: a bitmap, spare bytes, the entries, then a slot of 8 bytes of name for each (f2fs.rst,
/// "Directory Structure"). In a block of a directory it fills the block, in an inode the inline area.
class DentryArea {
 public:
  explicit DentryArea(ByteView area);

  struct Entry {
    std::uint32_t slot = 0;
    RawDirEntry raw{};
    std::string name;
  };

  [[nodiscard]] std::uint32_t slots() const { return slots_; }
  /// True where the slot is in use; false past the end.
  [[nodiscard]] bool in_use(std::uint32_t slot) const;
  [[nodiscard]] RawDirEntry raw(std::uint32_t slot) const;
  /// The name of `length` bytes that begins in a slot; they must fit.
  [[nodiscard]] std::string name(std::uint32_t slot, std::size_t length) const;
  /// Slots that a name takes.
  [[nodiscard]] static std::uint32_t slots_of(std::size_t length) {
    return static_cast<std::uint32_t>((length + kSlotLen - 1) / kSlotLen);
  }

  /// Calls `take` for each entry in use. Where an entry's length cannot be, `fault` is told (slot, why); past one that
  /// is too long nothing more of the area is read, as the kernel does (fs/f2fs/dir.c, f2fs_fill_dentries()).
  void each(const std::function<void(const Entry&)>& take,
            const std::function<void(std::uint32_t, const std::string&)>& fault) const;

 private:
  ByteView area_;
  std::uint32_t slots_ = 0;
  std::uint64_t entries_at_ = 0;
  std::uint64_t names_at_ = 0;
};

}  // namespace coldread::f2fs
