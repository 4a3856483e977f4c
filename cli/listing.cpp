#include "cli/listing.hpp"

#include <array>
#include <cstdio>

#include "core/report/time.hpp"

namespace coldread::cli {
namespace {

char type_letter(const std::string& type) {
  if (type == "dir") return 'd';
  if (type == "symlink") return 'l';
  if (type == "chr") return 'c';
  if (type == "blk") return 'b';
  if (type == "fifo") return 'p';
  if (type == "sock") return 's';
  return type == "file" ? '-' : '?';
}

}  // namespace

std::string mode_text(const report::Entry& entry) {
  std::string text(1, type_letter(entry.type));
  for (int shift = 6; shift >= 0; shift -= 3) {
    text += ((entry.mode >> shift) & 4U) != 0 ? 'r' : '-';
    text += ((entry.mode >> shift) & 2U) != 0 ? 'w' : '-';
    const bool runs = ((entry.mode >> shift) & 1U) != 0;
    const bool special = (entry.mode & (01000U << (shift / 3))) != 0;
    const char with = shift == 0 ? 't' : 's';
    const char without = shift == 0 ? 'T' : 'S';
    text += special ? (runs ? with : without) : (runs ? 'x' : '-');
  }
  return text;
}

std::string long_line(const report::Entry& entry) {
  const std::string size = entry.rdev ? std::to_string(entry.rdev->first) + "," + std::to_string(entry.rdev->second)
                                      : std::to_string(entry.size);
  std::array<char, 128> text{};
  std::snprintf(text.data(), text.size(), "%s %4llu %6u %6u %12s %s", mode_text(entry).c_str(),
                static_cast<unsigned long long>(entry.links), entry.uid, entry.gid, size.c_str(),
                report::rfc3339(entry.mtime).c_str());
  return text.data();
}

std::string counted(std::uint64_t n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

}  // namespace coldread::cli
