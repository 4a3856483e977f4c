#include "fs/open.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "core/base/little_endian.hpp"
#include "core/base/text.hpp"
#include "core/source/slice_source.hpp"
#include "fs/ext4/volume.hpp"
#include "fs/f2fs/layout.hpp"
#include "fs/f2fs/volume.hpp"

namespace coldread::fs {
namespace {

constexpr std::uint64_t kExt4MagicOffset = 1024 + 0x38;
constexpr std::uint16_t kExt4Magic = 0xEF53;

using Image = std::shared_ptr<const source::FileSource>;

/// What is known of a place after looking there.
struct Looked {
  std::optional<Found> found;
  std::string content;  ///< libblkid's name for what is there instead; "" where nothing is known
};

template <class Field>
bool has_magic(const source::BlockSource& source, std::uint64_t offset, Field magic) {
  const auto field = source::read_struct<Field>(source, offset);
  return field && field->get() == magic.get();
}

Found refused(Found found, Error error) {
  found.error = std::move(error);
  return found;
}

/// Looks for a filesystem in the bytes [offset, offset + size) of the image.
Looked look(const Image& image, std::optional<Partition> partition, std::uint64_t offset, std::uint64_t size,
            const OpenOptions& options) {
  std::shared_ptr<const source::BlockSource> source = image;
  if (offset != 0 || size != image->size()) source = std::make_shared<source::SliceSource>(image, offset, size);
  Found found{std::move(partition), offset, size, "ext4", nullptr, std::nullopt};

  // With its magic in place a filesystem is opened whatever libblkid says: a RAID member whose superblock is at its
  // end, say. Without, other copies of a superblock are only looked for where nothing else is, since an older
  // filesystem's may lie behind any newer one.
  bool is_f2fs = has_magic(*source, f2fs::kSuperOffset, Le32(f2fs::kSuperMagic));
  if (!is_f2fs && !has_magic(*source, kExt4MagicOffset, Le16(kExt4Magic))) {
    std::string content = probe_content(*image, offset, size);
    if (!content.empty() && content.rfind("ext", 0) != 0) return {std::nullopt, std::move(content)};
    is_f2fs = content.empty() && f2fs::has_superblock(*source);
  }
  if (is_f2fs) found.type = "f2fs";
  auto volume = is_f2fs ? f2fs::open(std::move(source), {options.replay, options.checkpoint, options.devices})
                        : ext4::open(std::move(source), {options.replay, options.journal});
  if (!volume && volume.error().kind == ErrorKind::kNotFound && !is_f2fs) return {std::nullopt, ""};
  if (!volume) return {refused(std::move(found), std::move(volume.error())), ""};
  found.volume = *std::move(volume);
  return {std::move(found), ""};
}

Looked look(const Image& image, const Partition& partition, const OpenOptions& options) {
  return look(image, partition, partition.offset, partition.size, options);
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// " (it holds vfat)", or nothing.
std::string says(const std::string& content) { return content.empty() ? "" : " (it holds " + content + ")"; }

std::string partition_names(const PartitionTable& table) {
  std::string names;
  for (const Partition& partition : table.partitions) {
    names += (names.empty() ? "" : ", ") + std::to_string(partition.number);
    if (!partition.label.empty()) names += " \"" + escape_for_terminal(partition.label) + "\"";
  }
  return names;
}

/// True when `wanted` is the label or the UUID of the filesystem.
bool filesystem_is(const Looked& looked, const std::string& wanted) {
  if (!looked.found || !looked.found->volume) return false;
  const volume::VolumeFacts& facts = looked.found->volume->facts();
  return (!facts.label.empty() && facts.label == wanted) || format_uuid(facts.uuid) == lower(wanted);
}

/// The filesystem at options.offset.
Result<std::vector<Found>> open_offset(const Image& image, std::uint64_t offset, const OpenOptions& options) {
  const std::string where = "byte " + std::to_string(offset);
  if (offset >= image->size()) {
    return fail(ErrorKind::kNotFound, where,
                "it lies past the image's end at byte " + std::to_string(image->size()) + "; give a smaller --offset");
  }
  Looked looked = look(image, std::nullopt, offset, image->size() - offset, options);
  if (!looked.found) {
    return fail(
        ErrorKind::kNotFound, where,
        "there is no ext4 or f2fs filesystem" + says(looked.content) + "; leave --offset out to search the image");
  }
  return std::vector<Found>{*std::move(looked.found)};
}

/// The partitions that `wanted` names: by number, else by label or UUID, theirs or their filesystems'.
std::vector<Partition> choose(const Image& image, const PartitionTable& table, const std::string& wanted,
                              const OpenOptions& options) {
  std::uint64_t number = 0;
  const char* end = wanted.data() + wanted.size();
  const auto parsed = std::from_chars(wanted.data(), end, number);
  const bool is_number = parsed.ec == std::errc{} && parsed.ptr == end;
  std::vector<Partition> chosen;
  const auto take = [&](auto fits) {
    if (!chosen.empty()) return;
    std::copy_if(table.partitions.begin(), table.partitions.end(), std::back_inserter(chosen), fits);
  };
  take([&](const Partition& p) { return is_number && p.number == number; });
  take([&](const Partition& p) {
    return (!p.label.empty() && p.label == wanted) || (!p.uuid.empty() && lower(p.uuid) == lower(wanted));
  });
  take([&](const Partition& p) { return filesystem_is(look(image, p, options), wanted); });
  return chosen;
}

/// The filesystem on the partition that was asked for.
Result<std::vector<Found>> open_partition(const Image& image, const PartitionTable& table, const std::string& wanted,
                                          const OpenOptions& options) {
  const std::string where = "partition " + escape_for_terminal(wanted);
  if (table.partitions.empty()) {
    Looked whole = look(image, std::nullopt, 0, image->size(), options);
    if (filesystem_is(whole, wanted)) return std::vector<Found>{*std::move(whole.found)};
    return fail(ErrorKind::kNotFound, where,
                "the image has no partition table; leave --partition out to read all of it");
  }
  const std::vector<Partition> chosen = choose(image, table, wanted, options);
  if (chosen.empty()) {
    return fail(ErrorKind::kNotFound, where, "there is no such partition; the image has " + partition_names(table));
  }
  if (chosen.size() > 1) {
    return fail(ErrorKind::kUsage, where, "more than one partition goes by that name; choose one by its number");
  }
  Looked looked = look(image, chosen.front(), options);
  if (!looked.found) {
    return fail(ErrorKind::kNotFound, where,
                "there is no ext4 or f2fs filesystem on it" + says(looked.content) + "; choose another of " +
                    partition_names(table));
  }
  return std::vector<Found>{*std::move(looked.found)};
}

/// Every filesystem on the partitions; else the one that the whole image is.
Result<std::vector<Found>> open_all(const Image& image, const PartitionTable& table, const OpenOptions& options) {
  std::vector<Found> filesystems;
  std::string others;
  for (const Partition& partition : table.partitions) {
    Looked looked = look(image, partition, options);
    if (looked.found) {
      filesystems.push_back(*std::move(looked.found));
    } else if (!looked.content.empty()) {
      others += (others.empty() ? "" : ", ") + std::string("partition ") + std::to_string(partition.number) +
                " holds " + looked.content;
    }
  }
  if (!filesystems.empty()) return filesystems;

  Looked whole = look(image, std::nullopt, 0, image->size(), options);
  if (whole.found) return std::vector<Found>{*std::move(whole.found)};
  if (others.empty() && !whole.content.empty()) others = "the image holds " + whole.content;
  return fail(ErrorKind::kNotFound, "",
              "no ext4 or f2fs filesystem was found; " +
                  (others.empty() ? "--offset tells where one starts that no partition table names" : others));
}

}  // namespace

Result<ImageContents> open_image(const Image& image, const OpenOptions& options) {
  if (options.offset && options.partition) {
    return fail(ErrorKind::kUsage, "", "--offset and --partition both say where the filesystem is; give one of them");
  }
  auto table = read_partitions(*image);
  if (!table) return fail(std::move(table.error()));

  ImageContents contents{*std::move(table), {}};
  auto filesystems = options.offset      ? open_offset(image, *options.offset, options)
                     : options.partition ? open_partition(image, contents.table, *options.partition, options)
                                         : open_all(image, contents.table, options);
  if (!filesystems) return fail(std::move(filesystems.error()));
  contents.filesystems = *std::move(filesystems);
  return contents;
}

}  // namespace coldread::fs
