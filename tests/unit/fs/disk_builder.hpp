#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/byte_view.hpp"
#include "core/base/little_endian.hpp"

namespace coldread::fs::test {

/// Bytes of a disk image, made by hand.
class DiskBuilder {
 public:
  explicit DiskBuilder(std::size_t size) : bytes_(size, '\0') {}

  void put(std::uint64_t offset, std::string_view value) { bytes_.replace(offset, value.size(), value); }
  void put(std::uint64_t offset, ByteSpan value) { put(offset, as_chars(value)); }
  template <class Field>
  void field(std::uint64_t offset, Field value) {
    put(offset, bytes_of(value));
  }

  /// An entry of a DOS partition table in the sector at `table`; start and length in sectors of 512 bytes.
  void dos_entry(std::uint64_t table, unsigned slot, std::uint8_t type, std::uint32_t start, std::uint32_t length) {
    const std::uint64_t at = table + 446 + std::uint64_t{slot} * 16;
    bytes_[at + 4] = static_cast<char>(type);
    field(at + 8, Le32(start));
    field(at + 12, Le32(length));
    field(table + 510, Le16(0xAA55));
  }

  /// A GPT (UEFI, 5.3) with one partition, in the unit of `sector` bytes, with its backup at the disk's end.
  void gpt(std::uint32_t sector, std::uint64_t first, std::uint64_t last, std::string_view label) {
    const std::uint64_t sectors = bytes_.size() / sector;
    dos_entry(0, 0, 0xEE, 1, static_cast<std::uint32_t>(sectors - 1));
    const std::uint64_t table_sectors = 128 * 128 / sector;
    std::string table(std::size_t{128} * 128, '\0');
    // The type "Linux filesystem data", 0fc63daf-8483-4772-8e79-3d69d8477de4, as it is stored.
    table.replace(0, 16, "\xAF\x3D\xC6\x0F\x83\x84\x72\x47\x8E\x79\x3D\x69\xD8\x47\x7D\xE4");
    for (std::size_t i = 16; i < 32; ++i) table[i] = '\x11';
    table.replace(32, 8, as_chars(bytes_of(Le64(first))));
    table.replace(40, 8, as_chars(bytes_of(Le64(last))));
    for (std::size_t i = 0; i < label.size(); ++i) table[56 + i * 2] = label[i];
    const auto header = [&](std::uint64_t at, std::uint64_t other, std::uint64_t table_at) {
      std::string text(92, '\0');
      const auto set = [&](std::size_t offset, auto value) {
        text.replace(offset, sizeof(value), as_chars(bytes_of(value)));
      };
      text.replace(0, 8, "EFI PART");
      set(8, Le32(0x00010000));
      set(12, Le32(92));
      set(24, Le64(at));
      set(32, Le64(other));
      set(40, Le64(2 + table_sectors));
      set(48, Le64(sectors - table_sectors - 2));
      text.replace(56, 16, 16, '\x22');
      set(72, Le64(table_at));
      set(80, Le32(128));
      set(84, Le32(128));
      set(88, Le32(crc32(table)));
      set(16, Le32(crc32(text)));
      put(at * sector, std::string_view(text));
      put(table_at * sector, std::string_view(table));
    };
    header(1, sectors - 1, 2);
    header(sectors - 1, 1, sectors - 1 - table_sectors);
  }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  static std::uint32_t crc32(std::string_view text) {
    std::uint32_t sum = ~0u;
    for (const char c : text) {
      sum ^= static_cast<unsigned char>(c);
      for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ (sum & 1 ? 0xEDB88320u : 0u);
    }
    return ~sum;
  }

  std::string bytes_;
};

}  // namespace coldread::fs::test
