#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace coldread::extract {

/// What one of vold's directories holds, as its path tells.
struct VoldPlace {
  enum class Kind {
    kFileKey,       ///< a key of files
    kVolumeKey,     ///< the same, on another volume; sealed by that volume's secret
    kVolumeSecret,  ///< no key, but that secret
    kMetadataKey,   ///< the key of the layer below a filesystem
  };
  Kind kind = Kind::kFileKey;
  std::string what;    ///< for people: "user 0 CE key"
  std::string user;    ///< its number; empty where it is no user's
  std::string volume;  ///< the UUID of the volume that it is for; empty where it is for this one
};

/// Where to look, from a filesystem's root: directories, below which the others lie. `users` are the numbers of those
/// whose own directories are looked into.
[[nodiscard]] std::vector<std::string> vold_places(const std::set<std::string>& users);

/// What the directory at `path` is, or nothing where vold keeps no key there.
[[nodiscard]] std::optional<VoldPlace> vold_place(std::string_view path);

}  // namespace coldread::extract
