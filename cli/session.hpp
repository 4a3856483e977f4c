#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/image_keys.hpp"
#include "cli/io.hpp"
#include "core/extract/tree_walker.hpp"
#include "core/extract/vold_keys.hpp"
#include "core/fscrypt/key_files.hpp"
#include "core/fscrypt/key_ring.hpp"
#include "core/report/records.hpp"
#include "fs/open.hpp"

namespace coldread::cli {

/// An opened image and the keys that were given: what every command starts from.
struct Session {
  std::shared_ptr<const source::FileSource> image;
  fs::ImageContents contents;
  std::unique_ptr<fscrypt::KeyRing> keys;
  ImageKeys image_keys;                     ///< what of the ring the image itself kept
  std::vector<extract::VoldKey> vold_keys;  ///< that the image itself holds
};

/// Reads the keys, opens the image and finds its filesystems. Filesystems that were refused are named on standard
/// error. Errors: kUsage (keys), kNotFound, kRead, kUnsupported (no filesystem could be opened),
/// kInterrupted (not of commands that report it themselves).
[[nodiscard]] Result<Session> open_session(const Arguments& arguments, Io& io);

/// The filesystems of the image that --partition or --offset, with which `contents` were opened, leave out: keys of one
/// may lie on another.
[[nodiscard]] std::vector<fs::Found> filesystems_left_out(const std::shared_ptr<const source::FileSource>& image,
                                                          fs::OpenOptions options, const fs::ImageContents& contents);

/// The keys that each of `paths` stands for (fscrypt::read_keys()). Errors: kUsage.
[[nodiscard]] Result<std::vector<fscrypt::NamedSecret>> read_key_files(const std::vector<std::string>& paths, Io& io);

/// Reads the keys that the command line gives into `ring`. Errors: kUsage.
[[nodiscard]] Result<void> add_keys(const Arguments& arguments, Io& io, fscrypt::KeyRing& ring);

/// The one filesystem that a command about one PATH means. Errors: kNotFound where there are several.
[[nodiscard]] Result<const fs::Found*> only_filesystem(const Session& session);

/// What no directory leads to and the command line asks for.
struct Lost {
  std::optional<extract::Orphans> orphans;
  std::optional<extract::DeletedFiles> deleted;

  /// Makes the walk come to it.
  void add_to(extract::TreeWalker& walker) const;
  [[nodiscard]] Findings findings() const;
};

/// Looks for what the command line asks for with --orphans and --deleted.
[[nodiscard]] Lost find_lost(const volume::Volume& volume, const fscrypt::KeyRing& keys, const Arguments& arguments);

/// The entry at a path of a filesystem, or of what is lost on it. Errors: kNotFound; those of the inode.
[[nodiscard]] Result<extract::WalkItem> find_path(const volume::Volume& volume, const fscrypt::KeyRing& keys,
                                                  const std::string& path, const Lost& lost);

/// "pN" of a filesystem on a partition; "" of one that is the whole image.
[[nodiscard]] std::string partition_name(const fs::Found& found);

/// The larger of 4096 and the block size, where the command line does not say.
[[nodiscard]] std::uint32_t page_size_for(const Arguments& arguments, const volume::Volume& volume);

/// The report's record of a filesystem.
[[nodiscard]] report::Filesystem filesystem_record(const fs::Found& found, std::uint32_t page_size);

/// Why an entry is locked: a sentence's body that says which key is missing and how to give it.
[[nodiscard]] std::string why_locked(const extract::Encryption& encryption);

/// The origins of the ring's keys that were not given but had from the image.
[[nodiscard]] std::set<std::string> keys_from_image(const Session& session);

/// Names the keys that opened nothing, and those that are not proven to be the right ones, on standard error.
/// `where` says in which of what there is they open nothing; keys that are `not_given` are passed over.
void name_unused_keys(const fscrypt::KeyRing& keys, const char* where, Io& io,
                      const std::function<bool(const fscrypt::GivenKey&)>& not_given = {});
void name_unused_keys(const Session& session, const Arguments& arguments, Io& io);

/// Prints "coldread: MESSAGE" on standard error.
void complain(Io& io, const std::string& message);

}  // namespace coldread::cli
