#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/error.hpp"
#include "core/fscrypt/key_files.hpp"
#include "core/fscrypt/key_ring.hpp"
#include "core/volume/volume.hpp"

namespace coldread::extract {

/// A volume of the image, and what it is called in messages ("p2"; "" where it is the only one).
struct NamedVolume {
  const volume::Volume* volume = nullptr;
  std::string name;
};

/// One of vold's key directories (Android), and what became of it. Holds no byte of a key.
struct VoldKey {
  struct File {
    std::string name;
    std::uint64_t size = 0;
  };
  struct Opened {
    std::string by;          ///< what opened it: "the software Keymaster's blob", "the secret in FILE"
    std::string doubt;       ///< empty, or a sentence's body: what else is wrong with the directory
    std::size_t size = 0;    ///< bytes of the key
    std::string identifier;  ///< in hex, of a key that was put on the ring; otherwise empty
    std::string descriptor;  ///< likewise
  };

  std::string partition;    ///< what the volume is called
  std::string path;         ///< from the filesystem's root, without a leading "/"
  std::string what;         ///< "system DE key", "user 0 CE key", "metadata key" and the like
  std::vector<File> files;  ///< those that vold keeps there, in byte order
  std::string version;      ///< as it is written there; empty where it is not, or cannot be read
  std::string stretching;   ///< likewise
  std::string blob;         ///< the form of its Keymaster blob; empty where there is none
  std::string origin;       ///< what its key is called on the ring: "vold: p2:/unencrypted/key"
  std::optional<Opened> opened;
  std::optional<Error>
      why;  ///< of one that is not opened: kLocked (something is missing), kCorrupt, kUnsupported, kRead
};

/// Finds vold's key directories on the volumes of one image, opens those that can be opened, and puts the keys of
/// files (64 bytes each) on the ring; a metadata key and what only the phone's hardware can use are named and kept off
/// it. Since some directories lie under the keys of others, it looks again for as long as that opens anything. Places
/// (system/vold/FsCrypt.cpp, MetadataCrypt.cpp): unencrypted/key, misc/vold/user_keys, misc/vold/volume_keys,
/// misc_de/N/vold/volume_keys and misc_ce/N/... of userdata; vold/metadata_encryption of metadata; each also below
/// data/ and metadata/ of a whole system. Ordered by volume, then path.
/// `interrupt` ends it between two directories.
[[nodiscard]] std::vector<VoldKey> find_vold_keys(const std::vector<NamedVolume>& volumes,
                                                  const std::vector<fscrypt::NamedSecret>& secrets,
                                                  fscrypt::KeyRing& ring, const std::atomic<bool>& interrupt);

}  // namespace coldread::extract
