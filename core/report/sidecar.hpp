#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/report/records.hpp"

namespace coldread::report {

/// What a report says of a filesystem that keys and IVs depend on.
struct SidecarFilesystem {
  std::string type;
  std::string uuid;  ///< as text, 36 characters
  std::uint32_t block_size = 0;
  std::optional<std::uint64_t> partition;  ///< its number, where there is a partition table
};

/// What a report says of an entry that decrypting it depends on. Nothing of it was checked.
struct SidecarEntry {
  std::size_t filesystem = 0;  ///< an index
  std::string path;            ///< raw bytes
  std::string written_as;      ///< raw bytes
  std::string type;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;  ///< EOF, of a file
  bool recovered = false;
  std::optional<Compression> compression;
  std::optional<Ciphertext> ciphertext;
  std::string malformed;  ///< which part of it is not as the report's schema has it; empty: all is
};

/// A report, read back for its ciphertext.
struct Sidecar {
  std::vector<SidecarFilesystem> filesystems;
  std::vector<SidecarEntry> entries;  ///< those that were wanted, the first kMost of them
  bool more = false;                  ///< there were more of them
  std::uint64_t with_ciphertext = 0;  ///< how many files' ciphertext the whole report tells of
  static constexpr std::size_t kMost = 1000;
};

/// Whether an entry is wanted; what is known of its filesystem by then (a report has that first) comes with it.
using WantedEntry = std::function<bool(const SidecarFilesystem& filesystem, const SidecarEntry& entry)>;

/// Reads a report that `extract --ciphertext` wrote, in memory that grows neither with its length nor with the number
/// of its entries. `wanted` is asked for each entry. Errors: kCorrupt (it is not JSON, no report of coldread, over the
/// reader's limits).
[[nodiscard]] Result<Sidecar> read_sidecar(std::istream& text, const WantedEntry& wanted);

}  // namespace coldread::report
