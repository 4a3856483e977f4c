#include "core/extract/vold_keys.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "core/base/text.hpp"
#include "core/extract/inner_files.hpp"
#include "core/extract/vold_places.hpp"
#include "core/fscrypt/keymaster_blob.hpp"
#include "core/fscrypt/vold_key.hpp"

namespace coldread::extract {
namespace {

using fscrypt::VoldKeyDirectory;

/// A file of a key directory: its name, the most bytes that it can have, and where its content goes.
struct KnownFile {
  std::string_view name;
  std::uint64_t max_size;
  std::optional<Secret> VoldKeyDirectory::*content;
};

constexpr std::array<KnownFile, 7> kFiles{{
    {"encrypted_key", 1 << 16, &VoldKeyDirectory::encrypted_key},
    {"keymaster_key_blob", 1 << 16, &VoldKeyDirectory::keymaster_key_blob},
    {"keymaster_key_blob_upgraded", 1 << 16, &VoldKeyDirectory::keymaster_key_blob_upgraded},
    {"salt", 256, &VoldKeyDirectory::salt},
    {"secdiscardable", 1 << 14, &VoldKeyDirectory::secdiscardable},
    {"stretching", 64, &VoldKeyDirectory::stretching},
    {"version", 16, &VoldKeyDirectory::version},
}};

const KnownFile* known_file(std::string_view name) {
  const auto* const found =
      std::find_if(kFiles.begin(), kFiles.end(), [&](const KnownFile& f) { return f.name == name; });
  return found == kFiles.end() ? nullptr : found;
}

class Search {
 public:
  Search(const std::vector<NamedVolume>& volumes, const std::vector<fscrypt::NamedSecret>& secrets,
         fscrypt::KeyRing& ring, const std::atomic<bool>& interrupt)
      : volumes_(volumes), secrets_(secrets), ring_(ring), interrupt_(interrupt) {}

  std::vector<VoldKey> run() {
    // A key opens a directory in which the next one lies: system DE, user DE or CE, volume.
    constexpr int kMaxRounds = 8;
    for (int round = 0; round < kMaxRounds; ++round) {
      const std::size_t known = users_.size() + volume_secrets_.size();
      added_ = false;
      for (std::size_t i = 0; i < volumes_.size(); ++i) look_at(i);
      if (!added_ && users_.size() + volume_secrets_.size() == known) break;
    }
    std::vector<VoldKey> keys;
    keys.reserve(found_.size());
    for (auto& [where, key] : found_) keys.push_back(std::move(key));
    return keys;
  }

 private:
  using Directories = std::map<std::string, std::vector<WalkItem>>;

  /// The files that vold keeps, by the directory that they are in.
  Directories directories_of(const volume::Volume& volume) const {
    Directories directories;
    PathSelection selection(vold_places(users_));
    TreeWalker walker(volume, ring_, selection);
    for (std::size_t seen = 0; seen < kMaxInnerItems; ++seen) {
      auto item = walker.next();
      if (!item) break;
      const std::size_t slash = item->path.rfind('/');
      if (slash == std::string::npos || known_file(std::string_view(item->path).substr(slash + 1)) == nullptr) continue;
      const std::string directory = item->path.substr(0, slash);
      directories[directory].push_back(std::move(*item));
    }
    return directories;
  }

  void look_at(std::size_t index) {
    for (auto& [path, items] : directories_of(*volumes_[index].volume)) {
      if (interrupt_) return;
      const auto place = vold_place(path);
      if (!place) continue;
      if (!place->user.empty() && users_.size() < kMaxUsers) users_.insert(place->user);
      if (settled_.contains({index, path}) || found_.size() >= kMaxDirectories) continue;
      look_into(index, path, *place, items);
    }
  }

  void look_into(std::size_t index, const std::string& path, const VoldPlace& place,
                 const std::vector<WalkItem>& items) {
    const volume::Volume& volume = *volumes_[index].volume;
    VoldKey key;
    key.partition = volumes_[index].name;
    key.path = path;
    key.what = place.what;
    key.origin = "vold: " + (volumes_[index].name.empty() ? "" : volumes_[index].name + ":") + "/" + path;
    VoldKeyDirectory directory;
    for (const WalkItem& item : items) {
      const std::string name = item.path.substr(path.size() + 1);
      const KnownFile& file = *known_file(name);
      key.files.push_back({name, item.inode ? item.inode->facts().size : 0});
      auto content = read_small_file(volume, item, file.max_size);
      if (content) {
        directory.*(file.content) = std::move(*content);
      } else if (!key.why) {
        key.why = Error{content.error().kind, name, content.error().what};
      }
    }
    if (directory.version) key.version = as_chars(directory.version->view());
    if (directory.stretching) key.stretching = as_chars(directory.stretching->view());
    for (const auto* blob : {&directory.keymaster_key_blob_upgraded, &directory.keymaster_key_blob}) {
      if (*blob) key.blob = fscrypt::parse_keymaster_blob((*blob)->view()).format;
    }
    if (place.kind == VoldPlace::Kind::kVolumeSecret) {
      keep_volume_secret(place, key, directory);
      return;  // it is no key, and is told of where a key needs it
    }
    const bool all_read = !key.why;
    open(key, place, directory);
    // What another key or a volume's secret may still open is looked at again.
    const bool all_known = place.kind != VoldPlace::Kind::kVolumeKey || volume_secrets_.contains(place.volume);
    if (key.opened || (all_read && all_known)) settled_.insert({index, path});
    found_.insert_or_assign({index, path}, std::move(key));
  }

  void keep_volume_secret(const VoldPlace& place, const VoldKey& key, const VoldKeyDirectory& directory) {
    if (!directory.secdiscardable || volume_secrets_.contains(place.volume)) return;
    auto hash = fscrypt::hash_secdiscardable(directory.secdiscardable->view());
    if (hash) volume_secrets_[place.volume].push_back({"/" + key.path + "/secdiscardable", std::move(*hash)});
  }

  void open(VoldKey& key, const VoldPlace& place, const VoldKeyDirectory& directory) {
    const bool of_volume = place.kind == VoldPlace::Kind::kVolumeKey;
    static const std::vector<fscrypt::NamedSecret> kNone;
    const auto secret = volume_secrets_.find(place.volume);
    const auto& secrets = !of_volume ? secrets_ : secret == volume_secrets_.end() ? kNone : secret->second;
    auto opened = fscrypt::open_vold_key(directory, secrets);
    if (!opened) {
      if (!key.why && of_volume && secrets.empty() && opened.error().kind == ErrorKind::kLocked) {
        opened.error().what = "it needs misc/vold/volume_keys/" + place.volume + "/secdiscardable, which is missing";
      }
      if (!key.why) key.why = std::move(opened.error());
      return;
    }
    VoldKey::Opened as{opened->by, opened->doubt, opened->key.size(), "", ""};
    if (key.why) as.doubt += (as.doubt.empty() ? "" : "; ") + key.why->message();
    key.why.reset();
    if (place.kind != VoldPlace::Kind::kMetadataKey && opened->key.size() == fscrypt::kMaxKeySize) {
      const auto master = fscrypt::MasterKey::make(Secret(opened->key.view()));
      const auto added = ring_.add(std::move(opened->key), key.origin);
      if (master && added) {
        as.identifier = to_hex(master->identifier());
        as.descriptor = to_hex(master->descriptor());
        added_ = true;
      }
    }
    key.opened = std::move(as);
  }

  /// Of a phone there are a few; a hostile image has no more of them to look for.
  static constexpr std::size_t kMaxUsers = 64;
  static constexpr std::size_t kMaxDirectories = 256;

  const std::vector<NamedVolume>& volumes_;
  const std::vector<fscrypt::NamedSecret>& secrets_;
  fscrypt::KeyRing& ring_;
  const std::atomic<bool>& interrupt_;
  std::set<std::string> users_{"0"};
  std::map<std::string, std::vector<fscrypt::NamedSecret>> volume_secrets_;  ///< by UUID, one each
  std::map<std::pair<std::size_t, std::string>, VoldKey> found_;             ///< by volume and path
  std::set<std::pair<std::size_t, std::string>> settled_;  ///< those of them that nothing would change
  bool added_ = false;
};

}  // namespace

std::vector<VoldKey> find_vold_keys(const std::vector<NamedVolume>& volumes,
                                    const std::vector<fscrypt::NamedSecret>& secrets, fscrypt::KeyRing& ring,
                                    const std::atomic<bool>& interrupt) {
  return Search(volumes, secrets, ring, interrupt).run();
}

}  // namespace coldread::extract
