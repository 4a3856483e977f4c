#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/io.hpp"
#include "core/base/error.hpp"
#include "core/extract/fscrypt_tool.hpp"
#include "core/fscrypt/key_ring.hpp"
#include "fs/open.hpp"

namespace coldread::cli {

/// The passphrases that were given, and what they and raw keys opened of what the image itself keeps of its keys.
struct ImageKeys {
  std::vector<extract::Opener> passphrases;
  extract::FscryptTool fscrypt_tool;
  std::size_t salts = 0;  ///< with how many salts of e4crypt(8) each passphrase was tried

  /// A key of the ring that was not given itself: whose it is.
  struct Made {
    std::string origin;      ///< in the ring
    std::size_t passphrase;  ///< which one it was made from by e4crypt(8)'s way
  };
  std::vector<Made> made;
};

/// Reads the passphrases. Errors: kUsage.
[[nodiscard]] Result<std::vector<extract::Opener>> read_passphrases(const Arguments& arguments, Io& io);

/// Finds what the image keeps of its keys, opens it by the passphrases and by keys of the ring, and adds to the ring
/// what that gives, until it is interrupted. Where the command line chooses one filesystem, protectors that it lacks
/// are looked for on the others that `options` leave out.
void add_image_keys(const Arguments& arguments, Io& io, const std::shared_ptr<const source::FileSource>& image,
                    fs::OpenOptions options, const fs::ImageContents& contents, fscrypt::KeyRing& ring,
                    ImageKeys& image_keys);

/// The origins of those keys of the ring that were not given themselves but had from what the image keeps.
[[nodiscard]] std::set<std::string> origins_from_image(const ImageKeys& image_keys);

/// Names the passphrases that opened nothing on standard error. `what` ends the sentence: "on the image".
void name_unused_passphrases(const ImageKeys& image_keys, const fscrypt::KeyRing& ring, const std::string& what,
                             Io& io);

}  // namespace coldread::cli
