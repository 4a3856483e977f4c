#include "fs/ext4/inode_times.hpp"

#include <algorithm>

namespace coldread::ext4 {
namespace {

constexpr std::uint32_t kEpochBits = 2;
constexpr std::uint32_t kEpochMask = (1u << kEpochBits) - 1;
constexpr std::uint32_t kMaxNanoseconds = 999'999'999;

}  // namespace

volume::Timestamp decode_time(std::uint32_t seconds, std::uint32_t extra) {
  // The epoch bits are added to the signed number: 0xffffffff with epoch 1 is 2^32 - 1, with epoch 0 one second before
  // 1970.
  const auto base = static_cast<std::int64_t>(static_cast<std::int32_t>(seconds));
  const auto epoch = static_cast<std::int64_t>(std::uint64_t{extra & kEpochMask} << 32);
  return {base + epoch, std::min(extra >> kEpochBits, kMaxNanoseconds)};
}

bool time_is_damaged(std::uint32_t extra) { return (extra >> kEpochBits) > kMaxNanoseconds; }

}  // namespace coldread::ext4
