#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/source/file_source.hpp"
#include "core/volume/volume.hpp"
#include "fs/partitions.hpp"

namespace coldread::fs {

/// Which filesystems of an image are asked for, and how they are read.
struct OpenOptions {
  std::optional<std::string> partition;  ///< a number, or the label or UUID of a partition or of the filesystem in it
  std::optional<std::uint64_t> offset;   ///< bytes: a filesystem is there, whatever a partition table says
  bool replay = true;                    ///< replay the journal; false reads the filesystem as it lies
  std::shared_ptr<const source::BlockSource> journal;  ///< an ext4 journal that is a device of its own
  /// The further devices of an f2fs filesystem over several, in order.
  std::vector<std::shared_ptr<const source::BlockSource>> devices = {};
  std::optional<std::uint64_t> checkpoint = {};  ///< of f2fs: the version of the checkpoint to read by
};

/// A filesystem that was found, whether or not it could be opened.
struct Found {
  std::optional<Partition> partition;  ///< absent where it is the whole image or was given by its offset
  std::uint64_t offset = 0;            ///< bytes from the image's start
  std::uint64_t size = 0;              ///< bytes from there that are its own: the partition's, or up to the image's end
  std::string type;                    ///< "ext4" (ext2 and ext3 too) or "f2fs"
  std::shared_ptr<const volume::Volume> volume;  ///< null where it was refused
  std::optional<Error> error;                    ///< why it was refused
};

struct ImageContents {
  PartitionTable table;
  std::vector<Found> filesystems;  ///< never empty; in the order of the partition table
};

/// The filesystems of an image: the one at options.offset; else those on partitions; else the whole image. A filesystem
/// that is known and refused is Found with its error. Errors: kNotFound (no such partition, nothing there that is
/// read), kUsage (both an offset and a partition were given), kRead.
[[nodiscard]] Result<ImageContents> open_image(const std::shared_ptr<const source::FileSource>& image,
                                               const OpenOptions& options);

}  // namespace coldread::fs
