#include "core/extract/key_evidence.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/checked.hpp"
#include "core/base/text.hpp"
#include "core/extract/tree_walker.hpp"
#include "core/fscrypt/contents_step.hpp"
#include "core/fscrypt/key_score.hpp"
#include "core/fscrypt/names.hpp"
#include "core/read/map_reader.hpp"
#include "core/read/page_reader.hpp"
#include "core/read/step_reader.hpp"

namespace coldread::extract {
namespace {

using fscrypt::KeyScore;

/// No symlink's stored target is longer: PATH_MAX with its length and padding.
constexpr std::uint64_t kMaxTarget = 4096 + 64;

/// Keys that may be the one of a name in policies, with what each was found to decrypt.
struct Candidates {
  Bytes name;
  std::vector<const fscrypt::MasterKey*> keys;
  std::vector<KeyScore> scores;

  [[nodiscard]] bool decided() const {
    return std::any_of(scores.begin(), scores.end(), [](const KeyScore& score) { return score.proven(); }) ||
           std::all_of(scores.begin(), scores.end(), [](const KeyScore& score) { return score.decided(); });
  }
};

/// IV_INO_LBLK_* need inodes whose numbers stay: ext4 has a feature for that, f2fs always.
bool may_have_lblk_policies(const volume::Volume& volume) {
  const auto& features = volume.facts().features;
  return volume.facts().type != "ext4" ||
         std::find(features.begin(), features.end(), "stable_inodes") != features.end();
}

bool has_lblk_flag(const fscrypt::Policy& policy) {
  return policy.has(fscrypt::kFlagIvInoLblk64) || policy.has(fscrypt::kFlagIvInoLblk32);
}

std::string how_many(const KeyScore& score) {
  return std::to_string(score.malformed()) + " of " + std::to_string(score.looked_at());
}

class Search {
 public:
  Search(const volume::Volume& volume, fscrypt::KeyRing& keys)
      : volume_(volume),
        keys_(keys),
        expected_(keys.unproven_count() + (may_have_lblk_policies(volume) ? keys.may_be_sw_secret_count() : 0)) {}

  void go() {
    if (expected_ == 0) return;
    const fscrypt::KeyRing no_keys;
    PathSelection everything({});
    TreeWalker walker(volume_, no_keys, everything);
    for (std::size_t items = 0; items < kMaxEvidenceItems && !decided(); ++items) {
      const auto item = walker.next();
      if (!item) break;
      if (item->inode && !item->error && item->encryption) look_at(*item->inode, *item->encryption);
    }
    judge();
  }

 private:
  [[nodiscard]] bool decided() const {
    return found_.size() == expected_ &&
           std::all_of(found_.begin(), found_.end(), [](const auto& one) { return one.second.decided(); });
  }

  [[nodiscard]] bool is_maybe_sw_secret(ByteSpan name) const { return keys_.may_be_sw_secret(name) != nullptr; }

  void look_at(const volume::Inode& inode, const Encryption& encryption) {
    const fscrypt::Policy& policy = encryption.context.policy;
    if (fscrypt::unsupported(policy)) return;
    auto at = found_.find(to_hex(policy.master_key));
    if (at == found_.end()) {
      auto keys = keys_.unproven(policy.master_key);
      if (const auto* key = keys_.may_be_sw_secret(policy.master_key)) keys.push_back(key);
      if (keys.empty()) return;
      const std::size_t count = keys.size();
      at = found_
               .emplace(to_hex(policy.master_key),
                        Candidates{policy.master_key, std::move(keys), std::vector<KeyScore>(count)})
               .first;
    }
    Candidates& candidates = at->second;
    if (candidates.decided()) return;
    for (std::size_t i = 0; i < candidates.keys.size(); ++i) {
      const fscrypt::MasterKey& key = *candidates.keys[i];
      const bool is_file = inode.facts().type == volume::FileType::kFile;
      const bool by_tails = key.is_hw_wrapped() || is_maybe_sw_secret(policy.master_key);
      if (is_file && (key.is_hw_wrapped() || has_lblk_flag(policy)) && by_tails) {
        look_at_tail(inode, encryption, key, candidates.scores[i]);
      }
      if (!is_file && !by_tails) look_at_names(inode, encryption, key, candidates.scores[i]);
    }
  }

  void look_at_names(const volume::Inode& inode, const Encryption& encryption, const fscrypt::MasterKey& key,
                     KeyScore& score) const {
    const auto cipher = fscrypt::NameCipher::make(encryption.context, key, encryption.file);
    if (!cipher) return;
    const auto add = [&](KeyScore::Kind kind, ByteView ciphertext) {
      if (const auto whole = cipher->decrypt_whole(ciphertext)) score.add(kind, *whole);
    };
    if (inode.facts().type == volume::FileType::kDir) {
      const auto directory = inode.entries();
      if (!directory) return;
      std::unordered_set<std::string_view> seen;  // a name again is no further evidence
      for (const volume::DirEntry& entry : directory->entries) {
        if (seen.insert(entry.name).second) add(KeyScore::Kind::kName, as_bytes(entry.name));
      }
    } else if (inode.facts().type == volume::FileType::kSymlink && inode.facts().size <= kMaxTarget) {
      const auto map = inode.map();
      if (!map) return;
      const read::MapReader reader(volume_.source(), *map, inode.facts().size, volume_.facts().block_size);
      const auto stored = read::read_whole(reader, 0, inode.facts().size);
      const auto target = stored ? fscrypt::symlink_ciphertext(*stored) : Result<Bytes>(Bytes());
      if (target) add(KeyScore::Kind::kTarget, *target);
    }
  }

  /// What lies past the file's end in its last block, where that is stored: decrypted with the rest of the block.
  void look_at_tail(const volume::Inode& inode, const Encryption& encryption, const fscrypt::MasterKey& key,
                    KeyScore& score) const {
    const std::uint32_t block = volume_.facts().block_size;
    const std::uint64_t size = inode.facts().size;
    if (size % block == 0 || inode.facts().compression) return;
    const auto map = inode.map();
    if (!map) return;
    const std::uint64_t begin = round_down(size, block);
    const read::MapPiece piece = map->piece(begin, begin + block);
    if (!piece.faults.empty() || piece.extents.size() != 1 || piece.end != begin + block ||
        piece.extents.front().kind != read::ExtentKind::kStored) {
      return;
    }
    auto step = fscrypt::make_contents_step(encryption.context, key, encryption.file);
    if (!step) return;
    std::vector<std::unique_ptr<const read::Step>> steps;
    steps.push_back(std::move(*step));
    const auto reader = read::with_steps(
        std::make_unique<read::MapReader>(volume_.source(), *map, begin + block, block), std::move(steps));
    const auto whole = read::read_whole(*reader, begin, block);
    if (whole) score.add_tail(ByteSpan(*whole).subspan(static_cast<std::size_t>(size - begin)));
  }

  void judge() {
    for (const auto& [name, candidates] : found_) {
      const auto& scores = candidates.scores;
      const auto best = std::find_if(scores.begin(), scores.end(), [](const KeyScore& s) { return s.proven(); });
      fscrypt::KeyVerdict verdict;
      const bool hw_wrapped = candidates.keys.front()->is_hw_wrapped();
      verdict.contents_only = hw_wrapped;
      if (is_maybe_sw_secret(candidates.name)) {
        if (!scores.front().refuted()) continue;  // its identifier proves it
        verdict.contents_only = true;
        verdict.proof = fscrypt::KeyProof::kIdentifier;
        verdict.refused =
            "the key with identifier " + name +
            " decrypts no contents: what lies past files' ends is not "
            "zeros. It may be the software secret of a hardware-wrapped key: give it with --sw-secret, and "
            "the inline key with --inline-key";
      } else if (best != scores.end()) {
        verdict.variant = static_cast<std::size_t>(best - scores.begin());
        verdict.proof = hw_wrapped ? fscrypt::KeyProof::kContents : fscrypt::KeyProof::kNames;
      } else if (std::all_of(scores.begin(), scores.end(), [](const KeyScore& s) { return s.refuted(); })) {
        verdict.refused = hw_wrapped ? "no inline key that was given decrypts contents under identifier " + name +
                                           ": what lies past files' ends is not zeros: wrong inline key"
                                     : "the key given for descriptor " + name + " does not decrypt its names (" +
                                           how_many(scores.front()) + " are malformed): wrong key";
      } else if (hw_wrapped && scores.size() > 1) {
        continue;  // the ring refuses contents by itself where there is a choice and nothing decides it
      }
      keys_.judge(candidates.name, volume_.facts().uuid, std::move(verdict));
    }
  }

  const volume::Volume& volume_;
  fscrypt::KeyRing& keys_;
  std::size_t expected_;
  std::map<std::string, Candidates> found_;  ///< by the name that policies have for the key, in hex
};

}  // namespace

void find_key_evidence(const volume::Volume& volume, fscrypt::KeyRing& keys) { Search(volume, keys).go(); }

}  // namespace coldread::extract
