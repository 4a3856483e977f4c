#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/base/finding.hpp"
#include "core/source/file_source.hpp"

namespace coldread::fs {

/// One entry of a partition table.
struct Partition {
  std::uint64_t number = 0;  ///< as in a device's name: DOS partitions 1 to 4, logical ones from 5
  std::string label;         ///< GPT only
  std::string uuid;          ///< lower case; for DOS, "disk identifier-number" as the kernel's PARTUUID
  std::string type;          ///< GPT: a GUID; DOS: "0x83"
  std::uint64_t offset = 0;  ///< bytes from the image's start
  std::uint64_t size = 0;    ///< bytes
};

struct PartitionTable {
  std::string type;               ///< "gpt", "dos" and so on, as libblkid names them; "" where there is none
  std::uint32_t sector_size = 0;  ///< bytes: the unit in which the table counts; 0 where there is none
  std::vector<Partition> partitions;
  Findings findings;
};

/// The image's partition table, read by libblkid. Extended containers are left out, their logical partitions are not.
/// A regular file does not know its sector size, so 512 and 4096 bytes are tried. No table is no error, and a partition
/// that reaches past the image's end stays, with a finding. Errors: kRead (the image cannot be probed).
[[nodiscard]] Result<PartitionTable> read_partitions(const source::FileSource& image);

/// What lies in the bytes [offset, offset + size) of the image, by libblkid's name for it ("ext4", "f2fs", "vfat",
/// "crypto_LUKS"); "" where nothing is known. `size` 0 is up to the image's end.
[[nodiscard]] std::string probe_content(const source::FileSource& image, std::uint64_t offset, std::uint64_t size);

}  // namespace coldread::fs
