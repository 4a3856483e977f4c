#include "fs/ext4/crc32c.hpp"

#include <array>

namespace coldread::ext4 {
namespace {

using Table = std::array<std::uint32_t, 256>;

/// kTables[k][b]: what byte b does to the sum when k more bytes follow it, so that eight bytes are taken at a time.
constexpr std::array<Table, 8> make_tables() {
  std::array<Table, 8> tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) ? 0x82F63B78u : 0u);
    tables[0][byte] = sum;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr std::array<Table, 8> kTables = make_tables();

constexpr std::uint32_t at(ByteSpan bytes, std::size_t index) { return std::to_integer<std::uint32_t>(bytes[index]); }

}  // namespace

std::uint32_t crc32c(std::uint32_t seed, ByteSpan bytes) {
  std::uint32_t sum = seed;
  while (bytes.size() >= 8) {
    const std::uint32_t low = sum ^ (at(bytes, 0) | at(bytes, 1) << 8 | at(bytes, 2) << 16 | at(bytes, 3) << 24);
    sum = kTables[7][low & 0xff] ^ kTables[6][(low >> 8) & 0xff] ^ kTables[5][(low >> 16) & 0xff] ^
          kTables[4][low >> 24] ^ kTables[3][at(bytes, 4)] ^ kTables[2][at(bytes, 5)] ^ kTables[1][at(bytes, 6)] ^
          kTables[0][at(bytes, 7)];
    bytes = bytes.subspan(8);
  }
  for (const std::byte byte : bytes) sum = (sum >> 8) ^ kTables[0][(sum ^ std::to_integer<std::uint32_t>(byte)) & 0xff];
  return sum;
}

}  // namespace coldread::ext4
