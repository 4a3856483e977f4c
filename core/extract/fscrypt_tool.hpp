#pragma once

#include <atomic>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/finding.hpp"
#include "core/base/secret.hpp"
#include "core/extract/tree_walker.hpp"
#include "core/fscrypt/fscrypt_metadata.hpp"
#include "core/fscrypt/key_ring.hpp"
#include "core/volume/volume.hpp"

namespace coldread::extract {

/// Something that may open protectors, and what it came to.
struct Opener {
  std::string origin;  ///< names it in messages: the file it is from
  Secret secret;       ///< a passphrase, or a raw key of 32 bytes
  bool opened = false;
};

/// Where a file of fscrypt(8) lies on the image.
struct StoredAt {
  std::string place;  ///< the filesystem: "p1"; "" where there is one alone
  std::string path;   ///< from its root

  /// "p1: .fscrypt/protectors/0123456789abcdef"
  [[nodiscard]] std::string text() const { return place.empty() ? path : place + ": " + path; }
};

struct StoredProtector {
  StoredAt at;
  fscrypt::Protector protector;
  std::string opened_by;  ///< the origin of what opened it; "" while nothing did

  /// "protector 'NAME' (0123456789abcdef)", of a long name its beginning
  [[nodiscard]] std::string title() const;
};

struct StoredPolicy {
  StoredAt at;
  fscrypt::ProtectedPolicy policy;
  std::string opened_by;  ///< as its key's origin in the ring; "" while nothing did
};

struct StoredLink {
  StoredAt at;
  std::string descriptor;  ///< of a protector that lies elsewhere
  fscrypt::ProtectorLink link;
};

/// What fscrypt(8) keeps on the filesystems of an image, and the keys that can be had from it.
class FscryptTool {
 public:
  /// How much hashing of passphrases open() does in all, as KiB times passes: 4 TiB, an hour or so of one core.
  static constexpr std::uint64_t kMaxWork = std::uint64_t{4} << 30;

  /// How many keys of policies are tried at most, each with one protector's key.
  static constexpr std::size_t kMaxUnwraps = 100000;
  /// How many findings are told.
  static constexpr std::size_t kMaxFindings = 1000;
  /// How many entries of one filesystem are looked at.
  static constexpr std::size_t kMaxItems = 65536;
  /// How many bytes of metadata are kept of all filesystems, a file counted as kLeastSize at least.
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
  static constexpr std::size_t kLeastSize = 1024;
  /// How many protectors with one descriptor are kept, where filesystems are copies of each other.
  static constexpr std::size_t kMaxCopies = 8;

  /// Reads a filesystem's /.fscrypt. What is damaged there is a finding.
  void read(const volume::Volume& volume, const fscrypt::KeyRing& keys, const std::string& place);
  /// The protectors of a further filesystem alone.
  void read_protectors(const volume::Volume& volume, const fscrypt::KeyRing& keys, const std::string& place);

  /// True where a policy has a protector that was not read.
  [[nodiscard]] bool lacks_protectors() const;
  /// The protectors with that descriptor.
  [[nodiscard]] std::vector<const StoredProtector*> find(const std::string& descriptor) const;

  /// Opens what protectors the passphrases and raw keys open, and puts the keys of their policies into `ring`, each
  /// proven by the name that policies have for it. An opener that opened a protector is marked so. `interrupt` ends it
  /// between two attempts.
  void open(std::vector<Opener>& passphrases, std::vector<Opener>& raw_keys, fscrypt::KeyRing& ring,
            const std::atomic<bool>& interrupt);

  [[nodiscard]] const std::vector<StoredProtector>& protectors() const { return protectors_; }
  [[nodiscard]] const std::vector<StoredPolicy>& policies() const { return policies_; }
  [[nodiscard]] const std::vector<StoredLink>& links() const { return links_; }
  [[nodiscard]] const Findings& findings() const { return findings_; }

 private:
  struct OpenProtector {
    std::string origin;  ///< of the keys that it opens
    Secret key;
  };
  using OpenProtectors = std::multimap<std::string, OpenProtector>;  ///< by descriptor

  void note(Finding finding);
  /// What is wrong with one of the tool's directories.
  void note_directory(const WalkItem& item, const StoredAt& at);
  /// True where so much more may be kept.
  [[nodiscard]] bool has_room(const StoredAt& at, std::size_t size);
  void read_item(const volume::Volume& volume, const WalkItem& item, StoredAt at, const std::string& base,
                 bool policies);
  void read_all(const volume::Volume& volume, const fscrypt::KeyRing& keys, const std::string& place, bool policies);
  void add_protector(StoredAt at, const std::string& name, ByteView content);
  /// The key of a protector, by the first of the openers that opens it; empty where none does.
  [[nodiscard]] Secret key_of(StoredProtector& stored, std::vector<Opener>& openers,
                              const std::atomic<bool>& interrupt);
  void open_policy(StoredPolicy& stored, const OpenProtectors& open, fscrypt::KeyRing& ring);
  /// What a protector wraps of a policy's key, where it is that policy's; empty where it is not.
  [[nodiscard]] Secret policy_key(const StoredPolicy& stored, const fscrypt::ProtectedPolicyKey& wrapped,
                                  const OpenProtector& protector);

  std::vector<StoredProtector> protectors_;
  std::map<std::string, std::vector<std::size_t>> by_descriptor_;  ///< where in protectors_
  std::vector<StoredPolicy> policies_;
  std::vector<StoredLink> links_;
  Findings findings_;
  std::size_t bytes_ = 0;
  std::uint64_t work_ = 0;
  std::size_t unwraps_ = 0;
};

}  // namespace coldread::extract
