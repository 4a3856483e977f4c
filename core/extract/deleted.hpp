#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/finding.hpp"
#include "core/base/units.hpp"
#include "core/fscrypt/key_ring.hpp"
#include "core/volume/volume.hpp"

namespace coldread::extract {

/// Above what remains of deleted files.
constexpr const char* kDeletedDirectory = ".deleted";

/// A name that remains in a directory, an older version of an inode, or both, which their number has brought together.
struct DeletedFile {
  /// Below kDeletedDirectory: the path of the directory and the name that remains in it; "#INODE" where no name does.
  /// What would be there twice ends in "#INODE" too.
  std::string path;
  bool name_locked = false;             ///< the name is a no-key name
  std::optional<std::string> problem;   ///< of the name
  InodeNumber number;                   ///< 0 where it is lost
  std::optional<volume::OldInode> old;  ///< nothing where only the name remains
};

struct DeletedFiles {
  std::vector<DeletedFile> list;  ///< depth first, names in byte order within their directory
  Findings findings;
};

/// What remains of deleted files: goes through all directories, those of which only an older version remains too, and
/// through the journal.
[[nodiscard]] DeletedFiles find_deleted(const volume::Volume& volume, const fscrypt::KeyRing& keys);

}  // namespace coldread::extract
