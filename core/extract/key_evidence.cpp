#include "core/extract/key_evidence.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "core/base/checked.hpp"
#include "core/base/text.hpp"
#include "core/extract/tree_walker.hpp"
#include "core/fscrypt/contents_step.hpp"
#include "core/fscrypt/names.hpp"
#include "core/read/map_reader.hpp"
#include "core/read/page_reader.hpp"
#include "core/read/step_reader.hpp"

namespace coldread::extract {
namespace {

using fscrypt::KeyScore;

/// No symlink's stored target is longer: PATH_MAX with its length and padding.
constexpr std::uint64_t kMaxTarget = 4096 + 64;

/// IV_INO_LBLK_* need inodes whose numbers stay: ext4 has a feature for that, f2fs always.
bool may_have_lblk_policies(const volume::VolumeFacts& facts) {
  return facts.type != "ext4" ||
         std::find(facts.features.begin(), facts.features.end(), "stable_inodes") != facts.features.end();
}

bool has_lblk_flag(const fscrypt::Policy& policy) {
  return policy.has(fscrypt::kFlagIvInoLblk64) || policy.has(fscrypt::kFlagIvInoLblk32);
}

std::string how_many(const KeyScore& score) {
  return std::to_string(score.malformed()) + " of " + std::to_string(score.looked_at());
}

/// The block from which the end of a stored name is decrypted: its last whole one but one, for ciphertext stealing
/// swaps the last two. No two names that a kernel wrote into one directory have it in common.
std::string_view last_block(std::string_view stored) {
  constexpr std::size_t kBlock = 16;
  return stored.size() <= 2 * kBlock ? stored.substr(0, kBlock)
                                     : stored.substr(((stored.size() - 1) / kBlock - 1) * kBlock, kBlock);
}

void add_names(const volume::Volume& volume, const volume::Inode& inode, const Encryption& encryption,
               KeyEvidence& evidence) {
  const auto add = [&](KeyScore::Kind kind, ByteView ciphertext) {
    evidence.add_name(encryption.context, encryption.file, kind, ciphertext);
  };
  if (inode.facts().type == volume::FileType::kDir) {
    const auto directory = inode.entries();
    if (!directory) return;
    std::unordered_set<std::string_view> seen;  // what decrypts to the same padding is no further evidence
    for (const volume::DirEntry& entry : directory->entries) {
      if (seen.insert(last_block(entry.name)).second) add(KeyScore::Kind::kName, as_bytes(entry.name));
    }
  } else if (inode.facts().type == volume::FileType::kSymlink && inode.facts().size <= kMaxTarget) {
    const auto map = inode.map();
    if (!map) return;
    const read::MapReader reader(volume.source(), *map, inode.facts().size, volume.facts().block_size);
    const auto stored = read::read_whole(reader, 0, inode.facts().size);
    const auto target = stored ? fscrypt::symlink_ciphertext(*stored) : Result<Bytes>(Bytes());
    if (target) add(KeyScore::Kind::kTarget, *target);
  }
}

}  // namespace

std::optional<Bytes> read_tail(const volume::Volume& volume, const volume::Inode& file, const Encryption& encryption,
                               const fscrypt::MasterKey& key) {
  const std::uint32_t block = volume.facts().block_size;
  const std::uint64_t size = file.facts().size;
  if (size % block == 0 || file.facts().compression) return std::nullopt;
  const auto map = file.map();
  if (!map) return std::nullopt;
  const std::uint64_t begin = round_down(size, block);
  const read::MapPiece piece = map->piece(begin, begin + block);
  if (!piece.faults.empty() || piece.extents.size() != 1 || piece.end != begin + block ||
      piece.extents.front().kind != read::ExtentKind::kStored) {
    return std::nullopt;
  }
  auto step = fscrypt::make_contents_step(encryption.context, key, encryption.file);
  if (!step) return std::nullopt;
  std::vector<std::unique_ptr<const read::Step>> steps;
  steps.push_back(std::move(*step));
  const auto reader = read::with_steps(std::make_unique<read::MapReader>(volume.source(), *map, begin + block, block),
                                       std::move(steps));
  auto whole = read::read_whole(*reader, begin, block);
  if (!whole) return std::nullopt;
  whole->erase(whole->begin(), whole->begin() + static_cast<std::ptrdiff_t>(size - begin));
  return *std::move(whole);
}

bool KeyEvidence::Candidates::decided() const {
  return is_raw || std::any_of(scores.begin(), scores.end(), [](const KeyScore& score) { return score.proven(); }) ||
         std::all_of(scores.begin(), scores.end(), [](const KeyScore& score) { return score.decided(); });
}

KeyEvidence::KeyEvidence(fscrypt::KeyRing& keys, const fscrypt::KeyRing::Uuid& volume, bool lblk)
    : keys_(keys),
      volume_(volume),
      lblk_(lblk),
      expected_(keys.unproven_count() + (lblk ? keys.may_be_sw_secret_count() : 0)) {}

bool KeyEvidence::decided() const {
  return found_.size() == expected_ &&
         std::all_of(found_.begin(), found_.end(), [](const auto& one) { return one.second.decided(); });
}

KeyEvidence::Candidates* KeyEvidence::wanted(const fscrypt::Policy& policy, bool tails) {
  if (empty() || fscrypt::unsupported(policy)) return nullptr;
  auto at = found_.find(to_hex(policy.master_key));
  if (at == found_.end()) {
    Candidates candidates;
    candidates.name = policy.master_key;
    candidates.keys = keys_.unproven(policy.master_key);
    if (candidates.keys.empty() && lblk_) {
      if (const auto* key = keys_.may_be_sw_secret(policy.master_key)) candidates.keys.push_back(key);
      candidates.may_be_sw_secret = true;
    }
    if (candidates.keys.empty()) return nullptr;
    candidates.by_tails = candidates.may_be_sw_secret || candidates.keys.front()->is_hw_wrapped();
    candidates.scores.resize(candidates.keys.size());
    at = found_.emplace(to_hex(policy.master_key), std::move(candidates)).first;
  }
  Candidates& candidates = at->second;
  // The kernel takes a hardware-wrapped key for policies with these flags alone.
  if (candidates.may_be_sw_secret && !has_lblk_flag(policy)) candidates.is_raw = true;
  return candidates.by_tails != tails || candidates.decided() ? nullptr : &candidates;
}

void KeyEvidence::add_name(const fscrypt::Context& context, const fscrypt::FileIdentity& file, KeyScore::Kind kind,
                           ByteView ciphertext) {
  Candidates* const candidates = wanted(context.policy, false);
  if (candidates == nullptr) return;
  for (std::size_t i = 0; i < candidates->keys.size(); ++i) {
    const auto cipher = fscrypt::NameCipher::make(context, *candidates->keys[i], file);
    if (!cipher) continue;
    if (const auto whole = cipher->decrypt_whole(ciphertext)) candidates->scores[i].add(kind, *whole);
  }
}

void KeyEvidence::add_tail(const fscrypt::Policy& policy, const PastEof& past_eof_of) {
  Candidates* const candidates = wanted(policy, true);
  if (candidates == nullptr) return;
  for (std::size_t i = 0; i < candidates->keys.size(); ++i) {
    if (const auto bytes = past_eof_of(*candidates->keys[i])) candidates->scores[i].add_tail(*bytes);
  }
}

std::optional<fscrypt::KeyVerdict> KeyEvidence::verdict_on(const Candidates& candidates) {
  const auto& scores = candidates.scores;
  const std::string name = to_hex(candidates.name);
  if (std::all_of(scores.begin(), scores.end(), [](const KeyScore& s) { return s.looked_at() == 0; })) {
    return std::nullopt;
  }
  const auto best = std::find_if(scores.begin(), scores.end(), [](const KeyScore& s) { return s.proven(); });
  const bool all_refuted = std::all_of(scores.begin(), scores.end(), [](const KeyScore& s) { return s.refuted(); });
  fscrypt::KeyVerdict verdict;
  verdict.contents_only = candidates.by_tails;
  if (candidates.may_be_sw_secret) {
    if (candidates.is_raw || !all_refuted) return std::nullopt;  // it is what its identifier says
    verdict.proof = fscrypt::KeyProof::kIdentifier;
    verdict.refused =
        "the key with identifier " + name +
        " does not decrypt contents: what lies past files' ends is not zeros. It may be the software secret of a "
        "hardware-wrapped key: give it with --sw-secret, and the inline key with --inline-key";
  } else if (best != scores.end()) {
    verdict.variant = static_cast<std::size_t>(best - scores.begin());
    verdict.proof = candidates.by_tails ? fscrypt::KeyProof::kContents : fscrypt::KeyProof::kNames;
  } else if (all_refuted) {
    verdict.refused = candidates.by_tails ? "no inline key that was given decrypts contents under identifier " + name +
                                                ": what lies past files' ends is not zeros: wrong inline key"
                                          : "the key given for descriptor " + name + " does not decrypt its names (" +
                                                how_many(scores.front()) + " are malformed): wrong key";
  } else if (candidates.by_tails && scores.size() > 1) {
    return std::nullopt;  // the ring refuses contents by itself where there is a choice and nothing decides it
  }
  return verdict;
}

void KeyEvidence::judge() {
  for (const auto& [name, candidates] : found_) {
    if (auto verdict = verdict_on(candidates)) keys_.judge(candidates.name, volume_, *std::move(verdict));
  }
}

void find_key_evidence(const volume::Volume& volume, const volume::Inode& file, fscrypt::KeyRing& keys) {
  KeyEvidence evidence(keys, volume.facts().uuid, true);
  if (evidence.empty()) return;
  const auto encryption = find_encryption(file, fscrypt::KeyRing(), volume.facts());
  if (!encryption || !*encryption) return;
  evidence.add_tail((*encryption)->context.policy,
                    [&](const fscrypt::MasterKey& key) { return read_tail(volume, file, **encryption, key); });
  evidence.judge();
}

void find_key_evidence(const volume::Volume& volume, fscrypt::KeyRing& keys) {
  KeyEvidence evidence(keys, volume.facts().uuid, may_have_lblk_policies(volume.facts()));
  if (evidence.empty()) return;
  const fscrypt::KeyRing no_keys;
  PathSelection everything({});
  TreeWalker walker(volume, no_keys, everything);
  // An inode that has a second name, or the key of another one, is no further evidence.
  std::set<std::array<std::byte, 16>> seen;
  for (std::size_t items = 0; items < kMaxEvidenceItems && !evidence.decided(); ++items) {
    const auto item = walker.next();
    if (!item) break;
    if (!item->inode || item->error || !item->encryption) continue;
    const Encryption& encryption = *item->encryption;
    const fscrypt::Policy& policy = encryption.context.policy;
    const bool is_file = item->inode->facts().type == volume::FileType::kFile;
    if (!(is_file ? evidence.wants_tails(policy) : evidence.wants_names(policy))) continue;
    if (!seen.insert(encryption.context.nonce).second) continue;
    if (!is_file) {
      add_names(volume, *item->inode, encryption, evidence);
    } else {
      evidence.add_tail(
          policy, [&](const fscrypt::MasterKey& key) { return read_tail(volume, *item->inode, encryption, key); });
    }
  }
  evidence.judge();
}

}  // namespace coldread::extract
