#include "fs/partitions.hpp"

#include <blkid/blkid.h>

#include <array>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "core/base/checked.hpp"

namespace coldread::fs {
namespace {

// libblkid counts in these, whatever the table counts in.
constexpr std::uint64_t kSector = 512;

struct FreeProbe {
  void operator()(blkid_probe probe) const { blkid_free_probe(probe); }
};
using Probe = std::unique_ptr<std::remove_pointer_t<blkid_probe>, FreeProbe>;

/// A probe over part of the image (`size` 0: up to its end), or null where libblkid refuses it. It only reads.
Probe make_probe(const source::FileSource& image, std::uint64_t offset, std::uint64_t size) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<blkid_loff_t>::max());
  if (offset > kMax || size > kMax) return nullptr;
  Probe probe(blkid_new_probe());
  if (!probe || blkid_probe_set_device(probe.get(), image.descriptor(), static_cast<blkid_loff_t>(offset),
                                       static_cast<blkid_loff_t>(size)) != 0) {
    return nullptr;
  }
  return probe;
}

std::string text(const char* value) { return value ? value : ""; }

/// The partition's type: a GUID, or a DOS number as "0x83".
std::string type_of(blkid_partition entry) {
  if (const char* name = blkid_partition_get_type_string(entry)) return name;
  std::array<char, 16> number{};
  std::snprintf(number.data(), number.size(), "0x%02x", static_cast<unsigned>(blkid_partition_get_type(entry)));
  return number.data();
}

void add_partition(PartitionTable& table, blkid_partition entry, std::uint64_t image_size) {
  const blkid_loff_t start = blkid_partition_get_start(entry);
  const blkid_loff_t length = blkid_partition_get_size(entry);
  const int number = blkid_partition_get_partno(entry);
  const std::string name = "partition " + std::to_string(number);
  const auto offset = start < 0 ? std::nullopt : checked_mul(static_cast<std::uint64_t>(start), kSector);
  const auto size = length < 0 ? std::nullopt : checked_mul(static_cast<std::uint64_t>(length), kSector);
  const auto end = offset && size ? checked_add(*offset, *size) : std::nullopt;
  if (number < 0 || !end) {
    table.findings.push_back(name + " has an impossible place in the partition table and is left out");
    return;
  }
  if (*end > image_size) {
    table.findings.push_back(name + " ends at byte " + std::to_string(*end) + ", past the image's end at byte " +
                             std::to_string(image_size));
  }
  table.partitions.push_back({static_cast<std::uint64_t>(number), text(blkid_partition_get_name(entry)),
                              text(blkid_partition_get_uuid(entry)), type_of(entry), *offset, *size});
}

PartitionTable probe_table(const source::FileSource& image, blkid_probe probe, std::uint32_t sector_size) {
  PartitionTable table;
  blkid_probe_enable_superblocks(probe, 0);
  blkid_probe_enable_partitions(probe, 1);
  blkid_probe_set_partitions_flags(probe, BLKID_PARTS_ENTRY_DETAILS);
  const blkid_partlist list = blkid_probe_get_partitions(probe);
  const blkid_parttable found = list ? blkid_partlist_get_table(list) : nullptr;
  if (!found) return table;
  table.type = text(blkid_parttable_get_type(found));
  table.sector_size = sector_size;
  const int count = blkid_partlist_numof_partitions(list);
  for (int i = 0; i < count; ++i) {
    const blkid_partition entry = blkid_partlist_get_partition(list, i);
    if (entry && blkid_partition_is_extended(entry) == 0) add_partition(table, entry, image.size());
  }
  return table;
}

}  // namespace

Result<PartitionTable> read_partitions(const source::FileSource& image) {
  if (image.size() < kSector) return PartitionTable{};
  const auto probe = make_probe(image, 0, 0);
  if (!probe) return fail(ErrorKind::kRead, "", "the image cannot be searched for a partition table");

  PartitionTable table = probe_table(image, probe.get(), blkid_probe_get_sectorsize(probe.get()));
  if (!table.partitions.empty() || image.is_device()) return table;
  constexpr std::uint32_t kLargeSector = 4096;
  const auto wide = make_probe(image, 0, 0);
  if (!wide || blkid_probe_set_sectorsize(wide.get(), kLargeSector) != 0) return table;
  PartitionTable wide_table = probe_table(image, wide.get(), kLargeSector);
  return wide_table.partitions.empty() ? table : wide_table;
}

std::string probe_content(const source::FileSource& image, std::uint64_t offset, std::uint64_t size) {
  if (offset >= image.size()) return {};
  const std::uint64_t there = image.size() - offset;
  const auto probe = make_probe(image, offset, size == 0 || size > there ? there : size);
  if (!probe) return {};
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_set_superblocks_flags(probe.get(), BLKID_SUBLKS_TYPE);
  const char* type = nullptr;
  if (blkid_do_safeprobe(probe.get()) != 0) return {};
  if (blkid_probe_lookup_value(probe.get(), "TYPE", &type, nullptr) != 0) return {};
  return text(type);
}

}  // namespace coldread::fs
