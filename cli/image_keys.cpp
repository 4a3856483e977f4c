#include "cli/image_keys.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "cli/session.hpp"
#include "core/base/text.hpp"
#include "core/fscrypt/e4crypt_key.hpp"
#include "core/fscrypt/passphrase_file.hpp"
#include "core/fscrypt/wrapped_key.hpp"

namespace coldread::cli {
namespace {

/// The keys of the ring that a protector of a raw key can have.
std::vector<extract::Opener> raw_keys(const fscrypt::KeyRing& ring) {
  std::vector<extract::Opener> keys;
  for (const fscrypt::GivenKey& given : ring.given()) {
    const auto identifier = from_hex(given.identifier_hex);
    const fscrypt::MasterKey* key = identifier ? ring.find(*identifier) : nullptr;
    if (key == nullptr || key->size() != fscrypt::kWrappingKeySize) continue;
    auto bytes = key->first_bytes(fscrypt::kWrappingKeySize);
    if (bytes) keys.push_back({given.origin, *std::move(bytes)});
  }
  return keys;
}

/// A raw key that opened a protector has been of use.
void mark_used(const std::vector<extract::Opener>& keys, const fscrypt::KeyRing& ring) {
  for (const extract::Opener& opener : keys) {
    if (!opener.opened) continue;
    const auto key = fscrypt::MasterKey::make(Secret(opener.secret.view()));
    if (key) ring.mark_used(key->identifier());
  }
}

struct Salt {
  std::string name;
  Bytes bytes;
};

/// Those of the filesystems, and those that were given.
std::vector<Salt> salts(const Arguments& arguments, const fs::ImageContents& contents) {
  std::vector<Salt> all;
  for (const fs::Found& found : contents.filesystems) {
    if (!found.volume || all_zero(found.volume->facts().encrypt_pw_salt)) continue;
    const auto& salt = found.volume->facts().encrypt_pw_salt;
    all.push_back({format_uuid(salt), Bytes(salt.begin(), salt.end())});
  }
  for (const std::string& text : arguments.passphrase_salts) {
    if (auto salt = fscrypt::parse_salt(text)) all.push_back({text, *std::move(salt)});
  }
  std::vector<Salt> different;
  for (Salt& salt : all) {
    const bool known =
        std::any_of(different.begin(), different.end(), [&](const Salt& other) { return other.bytes == salt.bytes; });
    if (!known) different.push_back(std::move(salt));
  }
  return different;
}

/// Puts into the ring what e4crypt(8) and f2fscrypt(8) make of each passphrase with each salt.
void add_salted(const std::vector<Salt>& all, Io& io, fscrypt::KeyRing& ring, ImageKeys& image_keys) {
  image_keys.salts = all.size();
  for (std::size_t i = 0; i < image_keys.passphrases.size(); ++i) {
    for (const Salt& salt : all) {
      if (io.interrupt) return;
      auto key = fscrypt::e4crypt_key(image_keys.passphrases[i].secret, salt.bytes);
      const std::string origin = image_keys.passphrases[i].origin + ", e4crypt's salt " + salt.name;
      if (key && ring.add(*std::move(key), origin)) image_keys.made.push_back({origin, i});
    }
  }
}

}  // namespace

Result<std::vector<extract::Opener>> read_passphrases(const Arguments& arguments, Io& io) {
  std::vector<extract::Opener> passphrases;
  for (const std::string& path : arguments.passphrase_files) {
    auto passphrase = fscrypt::read_passphrase(path, io.in);
    if (!passphrase) return fail(std::move(passphrase.error()));
    passphrases.push_back({std::move(passphrase->origin), std::move(passphrase->key)});
  }
  return passphrases;
}

void add_image_keys(const Arguments& arguments, Io& io, const std::shared_ptr<const source::FileSource>& image,
                    fs::OpenOptions options, const fs::ImageContents& contents, fscrypt::KeyRing& ring,
                    ImageKeys& image_keys) {
  std::vector<extract::Opener> raw = raw_keys(ring);
  if (image_keys.passphrases.empty() && raw.empty() && arguments.command != "keys") return;
  extract::FscryptTool& tool = image_keys.fscrypt_tool;
  for (const fs::Found& found : contents.filesystems) {
    const std::string place = contents.filesystems.size() > 1 ? partition_name(found) : "";
    if (found.volume) tool.read(*found.volume, ring, place);
  }
  if (tool.lacks_protectors()) {
    for (const fs::Found& other : filesystems_left_out(image, std::move(options), contents)) {
      tool.read_protectors(*other.volume, ring, partition_name(other));
    }
  }
  tool.open(image_keys.passphrases, raw, ring, io.interrupt);
  mark_used(raw, ring);
  if (!image_keys.passphrases.empty()) add_salted(salts(arguments, contents), io, ring, image_keys);
  if (arguments.verbose) {
    for (const extract::StoredPolicy& policy : tool.policies()) {
      if (!policy.opened_by.empty()) complain(io, policy.opened_by + ": key " + policy.policy.key);
    }
  }
  if (arguments.quiet) return;
  for (const Finding& finding : tool.findings()) complain(io, arguments.image + ": " + finding);
}

std::set<std::string> origins_from_image(const ImageKeys& image_keys) {
  std::set<std::string> origins;
  for (const ImageKeys::Made& made : image_keys.made) origins.insert(made.origin);
  for (const extract::StoredPolicy& policy : image_keys.fscrypt_tool.policies()) {
    if (!policy.opened_by.empty()) origins.insert(policy.opened_by);
  }
  return origins;
}

void name_unused_passphrases(const ImageKeys& image_keys, const fscrypt::KeyRing& ring, const std::string& what,
                             Io& io) {
  const auto given = ring.given();
  const auto& protectors = image_keys.fscrypt_tool.protectors();
  const auto hashed = std::count_if(protectors.begin(), protectors.end(), [](const auto& stored) {
    return stored.protector.source != fscrypt::ProtectorSource::kRawKey;
  });
  for (std::size_t i = 0; i < image_keys.passphrases.size(); ++i) {
    const bool used = std::any_of(given.begin(), given.end(), [&](const fscrypt::GivenKey& key) {
      return key.used && std::any_of(image_keys.made.begin(), image_keys.made.end(), [&](const auto& made) {
               return made.passphrase == i && made.origin == key.origin;
             });
    });
    const extract::Opener& passphrase = image_keys.passphrases[i];
    if (passphrase.opened || used) continue;
    const std::byte last = passphrase.secret.view().back();  // none is empty
    const bool line_end = last == std::byte{'\n'} || last == std::byte{'\r'};
    complain(io, passphrase.origin + ": this passphrase opens nothing " + what + " (fscrypt's protectors with a " +
                     "passphrase: " + std::to_string(hashed) +
                     "; e4crypt's salts: " + std::to_string(image_keys.salts) + ")" +
                     (hashed != 0 ? ": it is a wrong one, or what the protector wraps is damaged" : "") +
                     (line_end ? "; the file has a further line end, which is taken for a part of it" : ""));
  }
}

}  // namespace coldread::cli
