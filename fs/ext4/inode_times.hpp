#pragma once

#include <cstdint>

#include "core/volume/inode.hpp"

namespace coldread::ext4 {

/// A time from its 32-bit seconds, which are signed, and its "extra" field: two bits that carry the seconds on by
/// multiples of 2^32, and thirty of nanoseconds (Documentation/filesystems/ext4/inodes.rst, "Inode Timestamps").
/// Nanoseconds of a second or more, which no kernel writes, are cut to 999,999,999.
[[nodiscard]] volume::Timestamp decode_time(std::uint32_t seconds, std::uint32_t extra);

/// True where `extra` holds nanoseconds that decode_time() has to cut.
[[nodiscard]] bool time_is_damaged(std::uint32_t extra);

}  // namespace coldread::ext4
