#include "core/extract/fscrypt_tool.hpp"

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"
#include "core/extract/content.hpp"
#include "core/extract/inner_files.hpp"
#include "core/fscrypt/argon2id.hpp"
#include "core/fscrypt/wrapped_key.hpp"

namespace coldread::extract {
namespace {

constexpr const char* kBase = ".fscrypt";
constexpr std::string_view kLinkEnd = ".link";
/// What hashing a passphrase is counted as at least, in KiB: starting it costs something too.
constexpr std::uint64_t kLeastWork = 1024;

/// How many links lead to the tool's directory at most.
constexpr int kMaxLinks = 8;
/// How many bytes of a protector's name are told.
constexpr std::size_t kMaxNameTold = 64;

/// A path from the root that a link at `path` leads to, without "." and ".."; "" for the root itself.
std::string resolved(const std::string& path_of_link, const std::string& target) {
  const std::size_t slash = path_of_link.rfind('/');
  const bool from_root = target.starts_with('/') || slash == std::string::npos;
  const std::string whole = from_root ? target : path_of_link.substr(0, slash + 1) + target;
  std::vector<std::string> parts;
  for (std::size_t start = 0; start < whole.size();) {
    const std::size_t end = std::min(whole.find('/', start), whole.size());
    const std::string part = whole.substr(start, end - start);
    start = end + 1;
    if (part == ".." && !parts.empty()) parts.pop_back();
    if (!part.empty() && part != "." && part != "..") parts.push_back(part);
  }
  std::string path;
  for (const std::string& part : parts) path += (path.empty() ? "" : "/") + part;
  return path;
}

bool is_link(const std::vector<WalkItem>& items) {
  return !items.empty() && items.front().inode && items.front().inode->facts().type == volume::FileType::kSymlink;
}

std::string beginning_of(const std::string& name) {
  if (name.size() <= kMaxNameTold) return name;
  std::size_t end = kMaxNameTold;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xc0U) == 0x80U) --end;  // not within a character
  return name.substr(0, end) + "...";
}

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() > end.size() && std::string_view(text).substr(text.size() - end.size()) == end;
}

/// How the policies of that version name this key, in hex. Errors: kUsage.
Result<std::string> name_of(ByteSpan key, int version) {
  const auto master = fscrypt::MasterKey::make(Secret(key));
  if (!master) return fail(master.error());
  return version == 2 ? to_hex(master->identifier()) : to_hex(master->descriptor());
}

}  // namespace

void FscryptTool::note(Finding finding) {
  if (findings_.size() < kMaxFindings) findings_.push_back(std::move(finding));
  if (findings_.size() + 1 == kMaxFindings)
    findings_.emplace_back("what else is wrong with metadata of fscrypt(8) is not told");
}

std::string StoredProtector::title() const {
  return "protector " + (protector.name.empty() ? "" : "'" + beginning_of(protector.name) + "' ") + "(" +
         protector.descriptor + ")";
}

void FscryptTool::read(const volume::Volume& volume, const fscrypt::KeyRing& keys, const std::string& place) {
  read_all(volume, keys, place, true);
}

void FscryptTool::read_protectors(const volume::Volume& volume, const fscrypt::KeyRing& keys,
                                  const std::string& place) {
  read_all(volume, keys, place, false);
}

void FscryptTool::read_all(const volume::Volume& volume, const fscrypt::KeyRing& keys, const std::string& place,
                           bool policies) {
  std::string base = kBase;
  std::vector<WalkItem> items = items_below(volume, keys, base, kMaxItems);
  // The tool allows its directory to be a link: to where a root filesystem can be written to.
  for (int links = 0; is_link(items); ++links) {
    const WalkItem& at = items.front();
    const auto link = read_link(volume, *at.inode, at.encryption ? &*at.encryption : nullptr);
    base = link && links < kMaxLinks ? resolved(base, link->target) : "";
    items = base.empty() ? std::vector<WalkItem>() : items_below(volume, keys, base, kMaxItems);
    if (items.empty()) {
      note(StoredAt{place, kBase}.text() + ": it is a symbolic link, and what it leads to is not on this filesystem");
    }
  }
  if (items.size() == kMaxItems) {
    note(StoredAt{place, base}.text() + ": only the first " + std::to_string(kMaxItems) +
         " entries of it are looked at");
  }
  for (const WalkItem& item : items) {
    if (item.path == base || item.path == base + "/protectors" || (policies && item.path == base + "/policies")) {
      note_directory(item, {place, item.path});
    } else {
      read_item(volume, item, {place, item.path}, base, policies);
    }
  }
}

void FscryptTool::note_directory(const WalkItem& item, const StoredAt& at) {
  if (item.error) {
    note(at.text() + ": this directory of fscrypt(8) cannot be read: " + item.error->what);
  } else if (item.inode && item.inode->facts().type != volume::FileType::kDir) {
    note(at.text() + ": this is no directory, as fscrypt(8) would have it");
  } else if (item.locked()) {
    note(at.text() + ": this directory of fscrypt(8) is encrypted, and its key is missing");
  }
  for (const std::string& problem : item.problems) note(at.text() + ": " + problem);
}

bool FscryptTool::has_room(const StoredAt& at, std::size_t size) {
  const std::size_t counted = std::max(size, kLeastSize);
  if (bytes_ > kMaxBytes) return false;
  bytes_ += counted;
  if (bytes_ <= kMaxBytes) return true;
  note(at.text() + ": this metadata of fscrypt(8) and what comes after it is too much to be looked at");
  return false;
}

void FscryptTool::read_item(const volume::Volume& volume, const WalkItem& item, StoredAt at, const std::string& base,
                            bool policies) {
  const std::string policy_folder = base + "/policies/";
  const std::string protector_folder = base + "/protectors/";
  const bool is_policy = at.path.rfind(policy_folder, 0) == 0;
  if (!is_policy && at.path.rfind(protector_folder, 0) != 0) return;
  if (is_policy && !policies) return;
  const std::string name = at.path.substr(is_policy ? policy_folder.size() : protector_folder.size());
  // What it was writing when it was broken off has a name that begins with a dot.
  if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos) return;
  if (!has_room(at, item.inode ? std::min<std::size_t>(item.inode->facts().size, fscrypt::kMaxMetadataSize) : 0))
    return;

  const auto content = read_small_file(volume, item, fscrypt::kMaxMetadataSize);
  if (!content) {
    note(at.text() + ": metadata of fscrypt(8) cannot be read: " + content.error().what);
    return;
  }
  if (!is_policy) {
    add_protector(std::move(at), name, content->view());
    return;
  }
  auto policy = fscrypt::parse_protected_policy(content->view());
  if (policy && policy->key != name) {
    note(at.text() + ": this policy's metadata is damaged: it is that of key " + policy->key);
  } else if (policy) {
    policies_.push_back({std::move(at), *std::move(policy), ""});
  } else {
    note(at.text() + ": this policy's metadata is damaged: " + policy.error().what);
  }
}

void FscryptTool::add_protector(StoredAt at, const std::string& name, ByteView content) {
  if (ends_with(name, kLinkEnd)) {
    auto link = fscrypt::parse_protector_link(as_chars(content.span()));
    if (link) {
      links_.push_back({std::move(at), name.substr(0, name.size() - kLinkEnd.size()), *std::move(link)});
    } else {
      note(at.text() + ": this link to a protector is damaged: " + link.error().what);
    }
    return;
  }
  auto protector = fscrypt::parse_protector(content);
  if (protector && protector->descriptor != name) {
    note(at.text() + ": this protector is damaged: it is that of descriptor " + protector->descriptor);
  } else if (protector) {
    auto& copies = by_descriptor_[protector->descriptor];
    if (copies.size() == kMaxCopies) {
      note(at.text() + ": this protector is not looked at: there are " + std::to_string(kMaxCopies) +
           " others with its descriptor");
      return;
    }
    copies.push_back(protectors_.size());
    protectors_.push_back({std::move(at), *std::move(protector), ""});
  } else {
    note(at.text() + ": this protector is damaged: " + protector.error().what);
  }
}

bool FscryptTool::lacks_protectors() const {
  return std::any_of(policies_.begin(), policies_.end(), [&](const StoredPolicy& stored) {
    return std::any_of(stored.policy.keys.begin(), stored.policy.keys.end(),
                       [&](const fscrypt::ProtectedPolicyKey& key) { return !by_descriptor_.contains(key.protector); });
  });
}

std::vector<const StoredProtector*> FscryptTool::find(const std::string& descriptor) const {
  std::vector<const StoredProtector*> found;
  const auto copies = by_descriptor_.find(descriptor);
  if (copies == by_descriptor_.end()) return found;
  for (const std::size_t index : copies->second) found.push_back(&protectors_[index]);
  return found;
}

void FscryptTool::open(std::vector<Opener>& passphrases, std::vector<Opener>& raw_keys, fscrypt::KeyRing& ring,
                       const std::atomic<bool>& interrupt) {
  OpenProtectors open;
  for (StoredProtector& stored : protectors_) {
    const bool raw = stored.protector.source == fscrypt::ProtectorSource::kRawKey;
    Secret key = key_of(stored, raw ? raw_keys : passphrases, interrupt);
    if (key.empty()) continue;
    if (const auto name = name_of(key.view(), 1); !name || *name != stored.protector.descriptor) {
      note(stored.at.text() + ": the key that it opens to is not the one that it is named for" +
           (name ? " but that of " + *name : std::string()) +
           "; it is tried all the same, for a policy's key proves itself");
    }
    open.emplace(stored.protector.descriptor, OpenProtector{stored.opened_by + ", " + stored.title(), std::move(key)});
  }
  for (StoredPolicy& stored : policies_) {
    if (!interrupt) open_policy(stored, open, ring);
  }
}

Secret FscryptTool::key_of(StoredProtector& stored, std::vector<Opener>& openers, const std::atomic<bool>& interrupt) {
  const fscrypt::Protector& protector = stored.protector;
  const bool raw = protector.source == fscrypt::ProtectorSource::kRawKey;
  const std::uint64_t work = std::max(kLeastWork, std::uint64_t{protector.costs.memory} * protector.costs.passes);
  for (Opener& opener : openers) {
    if (interrupt) return {};
    Secret wrapping(opener.secret.view());
    if (!raw) {
      if (work <= fscrypt::kMaxArgon2Work && work > kMaxWork - work_) {
        note(stored.at.text() + ": " + opener.origin +
             " was not tried: hashing passphrases for so many protectors would take too long");
        return {};
      }
      auto hash = argon2id(opener.secret, protector.salt, protector.costs, fscrypt::kWrappingKeySize);
      if (!hash) {
        note(stored.at.text() + ": this protector is not opened: " + hash.error().what);
        return {};
      }
      work_ += work;
      wrapping = *std::move(hash);
    }
    auto key = fscrypt::unwrap(wrapping.view(), protector.wrapped);
    if (!key || !*key) continue;
    for (Opener& same : openers) {
      same.opened = same.opened || std::ranges::equal(same.secret.view(), opener.secret.view());
    }
    stored.opened_by = opener.origin;
    return **std::move(key);
  }
  return {};
}

void FscryptTool::open_policy(StoredPolicy& stored, const OpenProtectors& open, fscrypt::KeyRing& ring) {
  for (const fscrypt::ProtectedPolicyKey& wrapped : stored.policy.keys) {
    const auto [first, last] = open.equal_range(wrapped.protector);
    for (auto at = first; at != last; ++at) {
      const OpenProtector& protector = at->second;
      if (!stored.opened_by.empty()) return;
      if (unwraps_ == kMaxUnwraps) return;
      if (++unwraps_ == kMaxUnwraps)
        note(stored.at.text() + ": this policy and those after it are too many to be opened");
      Secret key = policy_key(stored, wrapped, protector);
      if (key.empty() || !ring.add(std::move(key), protector.origin)) continue;
      stored.opened_by = protector.origin;
    }
  }
}

Secret FscryptTool::policy_key(const StoredPolicy& stored, const fscrypt::ProtectedPolicyKey& wrapped,
                               const OpenProtector& protector) {
  auto key = fscrypt::unwrap(protector.key.view(), wrapped.wrapped);
  if (!key || !*key) {
    note(stored.at.text() + ": its key as protector " + wrapped.protector +
         " keeps it is damaged: it does not authenticate with that protector's own key");
    return {};
  }
  const auto name = name_of((*key)->view(), stored.policy.version);
  if (!name || *name != stored.policy.key) {
    note(stored.at.text() + ": the key that protector " + wrapped.protector +
         " keeps for it is another's: policies would call it " + (name ? *name : "nothing") + "; it is not used");
    return {};
  }
  return **std::move(key);
}

}  // namespace coldread::extract
