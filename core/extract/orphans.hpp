#pragma once

#include <string>
#include <vector>

#include "core/base/finding.hpp"
#include "core/base/units.hpp"
#include "core/volume/volume.hpp"

namespace coldread::extract {

/// Above what is found without a name.
constexpr const char* kOrphansDirectory = ".orphans";

/// An inode that no directory leads to.
struct Orphan {
  std::string name;  ///< its number
  InodeNumber number;
};

struct Orphans {
  std::vector<Orphan> list;  ///< by name, in byte order
  Findings findings;
};

/// The inodes that are in use and that no name leads to. Goes through all directories to find them. Of what hangs below
/// a directory without a name, only that directory is listed. Memory: a bit for each inode in use, and the list.
[[nodiscard]] Orphans find_orphans(const volume::Volume& volume);

}  // namespace coldread::extract
