#pragma once

#include <compare>
#include <cstdint>

namespace coldread {

/// Numbers that must not be mixed. Byte offsets and byte lengths are plain std::uint64_t; every other unit has a type.
template <class Tag>
struct Unit {
  std::uint64_t value = 0;
  friend constexpr auto operator<=>(const Unit&, const Unit&) = default;
};

using InodeNumber = Unit<struct InodeNumberTag>;
/// A block of the filesystem, counted from the filesystem's start.
using BlockNumber = Unit<struct BlockNumberTag>;
/// A block of a file, counted from the file's start.
using FileBlock = Unit<struct FileBlockTag>;
/// An fscrypt data unit of a file, counted from the file's start (fscrypt.rst, "Contents encryption").
using DataUnit = Unit<struct DataUnitTag>;

}  // namespace coldread
