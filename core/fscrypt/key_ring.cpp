#include "core/fscrypt/key_ring.hpp"

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"
#include "core/fscrypt/hw_kdf.hpp"

namespace coldread::fscrypt {
namespace {

/// What `keys` has under a name of as many bytes as its own have, or null.
template <class Map>
typename Map::const_iterator find_in(const Map& keys, ByteSpan name) {
  typename Map::key_type wanted{};
  if (name.size() != wanted.size()) return keys.end();
  std::copy(name.begin(), name.end(), wanted.begin());
  return keys.find(wanted);
}

tl::unexpected<Error> given_both_ways(std::string origin) {
  return fail(
      ErrorKind::kUsage, std::move(origin),
      "the same bytes were given as a key and as a hardware-wrapped key's software secret: they are one of them");
}

}  // namespace

std::string GivenKey::name() const {
  if (!identifier_hex.empty()) return "identifier " + identifier_hex;
  return descriptor_hex.empty() ? "inline key" : "descriptor " + descriptor_hex;
}

std::string_view to_string(KeyProof proof) {
  switch (proof) {
    case KeyProof::kIdentifier: return "identifier";
    case KeyProof::kDescriptor: return "descriptor";
    case KeyProof::kNames: return "names";
    case KeyProof::kContents: return "contents";
    case KeyProof::kNone: break;
  }
  return "none";
}

Result<std::string> KeyRing::add(Secret raw, std::string origin) {
  auto key = MasterKey::make(std::move(raw));
  if (!key) return fail(key.error().kind, std::move(origin), std::move(key.error().what));
  const KeyIdentifier identifier = key->identifier();
  const KeyDescriptor descriptor = key->descriptor();
  if (hw_names_.contains(identifier)) return given_both_ways(std::move(origin));
  auto& slot = slots_[identifier];
  if (!slot) {
    auto made = std::make_unique<Slot>();
    made->variants.push_back(std::move(*key));
    slot = std::move(made);
  }
  derived_.emplace(descriptor, slot.get());
  origins_.push_back({std::move(origin), {slot.get()}, std::nullopt, std::nullopt});
  return to_hex(identifier);
}

Result<void> KeyRing::add_v1(const KeyDescriptor& descriptor, Secret raw, std::string origin) {
  auto key = MasterKey::make(std::move(raw));
  if (!key) return fail(key.error().kind, std::move(origin), std::move(key.error().what));
  auto& slot = v1_slots_[descriptor];
  if (slot && slot->variants.front().identifier() != key->identifier()) {
    return fail(ErrorKind::kUsage, std::move(origin), "another key was given for descriptor " + to_hex(descriptor));
  }
  if (!slot) {
    auto made = std::make_unique<Slot>();
    made->variants.push_back(std::move(*key));
    slot = std::move(made);
  }
  origins_.push_back({std::move(origin), {slot.get()}, descriptor, std::nullopt});
  return {};
}

Result<const KeyRing::Slot*> KeyRing::add_hw_slot(std::vector<MasterKey> variants, bool derived, bool vouched,
                                                  const std::string& origin) {
  const MasterKey& first = variants.front();
  const std::array names{first.identifier(), first.old_identifier()};
  if (slots_.contains(first.old_identifier())) return given_both_ways(origin);
  if (const auto found = hw_names_.find(names[0]); found != hw_names_.end()) return found->second;
  auto made = std::make_unique<Slot>();
  made->variants = std::move(variants);
  made->derived = derived;
  made->vouched = vouched;
  const Slot* slot = hw_slots_.emplace_back(std::move(made)).get();
  for (const KeyIdentifier& name : names) hw_names_.emplace(name, slot);
  return slot;
}

Result<void> KeyRing::add_hw(const Secret& raw, const std::string& origin) {
  Origin from{origin, {}, std::nullopt, std::nullopt};
  // kV1 and kLegacy have one software secret: no identifier tells them apart.
  for (const std::vector<HwKdf>& kdfs : {std::vector{HwKdf::kV1, HwKdf::kLegacy}, std::vector{HwKdf::kRearranged}}) {
    std::vector<MasterKey> variants;
    for (const HwKdf kdf : kdfs) {
      auto sw_secret = derive_sw_secret(raw.view(), kdf);
      if (!sw_secret) return fail(sw_secret.error().kind, origin, sw_secret.error().what);
      auto inline_key = derive_inline_key(raw.view(), kdf);
      if (!inline_key) return fail(inline_key.error().kind, origin, inline_key.error().what);
      auto key = MasterKey::make_hw_wrapped(std::move(*sw_secret), std::move(*inline_key));
      if (!key) return fail(key.error().kind, origin, key.error().what);
      variants.push_back(std::move(*key));
    }
    const bool only_one = variants.size() == 1;
    auto slot = add_hw_slot(std::move(variants), only_one, false, origin);
    if (!slot) return fail(std::move(slot.error()));
    from.slots.push_back(*slot);
  }
  origins_.push_back(std::move(from));
  return {};
}

Result<void> KeyRing::add_hw_parts(const std::vector<NamedSecret>& sw_secrets,
                                   const std::vector<NamedSecret>& inline_keys) {
  std::vector<Origin> inline_origins;
  for (const NamedSecret& inline_key : inline_keys) {
    if (inline_key.key.size() != kInlineKeySize) {
      return fail(ErrorKind::kUsage, inline_key.origin,
                  "an inline key has 64 bytes, not " + std::to_string(inline_key.key.size()));
    }
    inline_origins.push_back({inline_key.origin, {}, std::nullopt, inline_origins.size()});
  }
  for (const NamedSecret& sw_secret : sw_secrets) {
    std::vector<MasterKey> variants;
    for (std::size_t i = 0; i < std::max<std::size_t>(inline_keys.size(), 1); ++i) {
      std::optional<Secret> inline_key;
      if (!inline_keys.empty()) inline_key.emplace(inline_keys[i].key.view());
      auto key = MasterKey::make_hw_wrapped(Secret(sw_secret.key.view()), std::move(inline_key));
      if (!key) return fail(key.error().kind, sw_secret.origin, key.error().what);
      variants.push_back(std::move(*key));
    }
    const bool one_of_each = sw_secrets.size() == 1 && inline_keys.size() == 1;
    auto slot = add_hw_slot(std::move(variants), inline_keys.empty(), one_of_each, sw_secret.origin);
    if (!slot) return fail(std::move(slot.error()));
    origins_.push_back({sw_secret.origin, {*slot}, std::nullopt, std::nullopt});
    for (Origin& origin : inline_origins) origin.slots.push_back(*slot);
  }
  for (Origin& origin : inline_origins) origins_.push_back(std::move(origin));
  return {};
}

const KeyRing::Slot* KeyRing::slot(ByteSpan name) const {
  if (const auto found = find_in(slots_, name); found != slots_.end()) return found->second.get();
  if (const auto found = find_in(hw_names_, name); found != hw_names_.end()) return found->second;
  if (const auto found = find_in(derived_, name); found != derived_.end()) return found->second;
  const auto found = find_in(v1_slots_, name);
  return found == v1_slots_.end() ? nullptr : found->second.get();
}

const MasterKey* KeyRing::find(ByteSpan name) const {
  const Slot* found = slot(name);
  return found == nullptr ? nullptr : &found->variants.front();
}

FoundKey KeyRing::look_up(ByteSpan name, const Uuid& volume) const {
  FoundKey found;
  const Slot* in = slot(name);
  if (in == nullptr) return found;
  found.key = &in->variants.front();
  if (const auto verdict = verdicts_.find({volume, Bytes(name.begin(), name.end())}); verdict != verdicts_.end()) {
    found.key = &in->variants.at(verdict->second.variant);
    found.proof = verdict->second.proof;
    found.refused = verdict->second.refused;
    found.contents_only = verdict->second.contents_only;
  } else if (found.key->is_proven_by(name) && in->derived) {
    found.proof = name.size() == KeyDescriptor().size() ? KeyProof::kDescriptor : KeyProof::kIdentifier;
  } else if (found.key->is_hw_wrapped() && !in->vouched) {
    found.contents_only = true;
    found.refused =
        "nothing on the filesystem tells which inline key is the one of its hardware-wrapped key: give the "
        "software secret and that inline key with --sw-secret and --inline-key";
  }
  return found;
}

std::vector<const MasterKey*> KeyRing::unproven(ByteSpan name) const {
  std::vector<const MasterKey*> keys;
  const Slot* found = slot(name);
  if (found == nullptr || (found->derived && found->variants.front().is_proven_by(name))) return keys;
  for (const MasterKey& key : found->variants) keys.push_back(&key);
  return keys;
}

std::size_t KeyRing::unproven_count() const {
  std::size_t count = 0;
  for (const auto& [descriptor, slot] : v1_slots_) count += unproven(descriptor).empty() ? 0U : 1U;
  for (const auto& [identifier, slot] : hw_names_) count += unproven(identifier).empty() ? 0U : 1U;
  return count;
}

const MasterKey* KeyRing::may_be_sw_secret(ByteSpan identifier) const {
  const auto found = find_in(slots_, identifier);
  if (found == slots_.end()) return nullptr;
  const MasterKey& key = found->second->variants.front();
  return key.size() == kSwSecretSize ? &key : nullptr;
}

std::size_t KeyRing::may_be_sw_secret_count() const {
  return static_cast<std::size_t>(std::count_if(
      slots_.begin(), slots_.end(), [&](const auto& one) { return may_be_sw_secret(one.first) != nullptr; }));
}

void KeyRing::judge(ByteSpan name, const Uuid& volume, KeyVerdict verdict) {
  verdicts_[{volume, Bytes(name.begin(), name.end())}] = std::move(verdict);
}

void KeyRing::mark_used(ByteSpan name) const {
  const Slot* found = slot(name);
  if (found == nullptr) return;
  found->used.store(true, std::memory_order_relaxed);
  const auto given = find_in(v1_slots_, name);  // the same key, perhaps
  if (given != v1_slots_.end() &&
      given->second->variants.front().identifier() == found->variants.front().identifier()) {
    given->second->used.store(true, std::memory_order_relaxed);
  }
}

GivenKey KeyRing::describe(const Origin& origin) const {
  GivenKey given;
  given.origin = origin.name;
  for (const Slot* slot : origin.slots) {
    const MasterKey& key = slot->variants.front();
    const bool used = slot->used.load(std::memory_order_relaxed);
    // Of what hardware may have derived, what was used is named.
    if (!origin.given_for && !origin.inline_index && (used || given.identifier_hex.empty())) {
      given.identifier_hex = to_hex(key.identifier());
    }
    if (origin.given_for || !key.is_hw_wrapped()) {
      given.descriptor_hex = to_hex(origin.given_for.value_or(key.descriptor()));
    }
    if (!origin.inline_index && key.is_text()) given.text = key.size();
    if (origin.given_for) given.proven = key.is_proven_by(*origin.given_for);
    if (origin.inline_index) given.proven = false;
    given.used = given.used || (used && !origin.inline_index) || (used && slot->vouched);
  }
  bool judged = false;
  for (const auto& [of, verdict] : verdicts_) {
    const Slot* judged_slot = slot(of.second);
    if (std::find(origin.slots.begin(), origin.slots.end(), judged_slot) == origin.slots.end()) continue;
    const bool used = judged_slot->used.load(std::memory_order_relaxed);
    if (origin.inline_index && verdict.variant != *origin.inline_index) continue;
    const bool proven = verdict.proof != KeyProof::kNone;
    const bool matters = origin.given_for || origin.inline_index;
    if (matters) given.proven = proven && (given.proven || !judged);
    judged = true;
    if (matters && given.refused.empty()) given.refused = verdict.refused;
    if (origin.inline_index) given.used = given.used || (used && verdict.refused.empty());
  }
  if (origin.inline_index && !given.refused.empty()) given.used = false;
  return given;
}

std::vector<GivenKey> KeyRing::given() const {
  std::vector<GivenKey> keys;
  keys.reserve(origins_.size());
  for (const Origin& origin : origins_) keys.push_back(describe(origin));
  return keys;
}

std::string KeyRing::origin_of(ByteSpan name, const Uuid& volume) const {
  const Slot* wanted = slot(name);
  const auto verdict = verdicts_.find({volume, Bytes(name.begin(), name.end())});
  const std::size_t variant = verdict == verdicts_.end() ? 0 : verdict->second.variant;
  std::string text;
  for (const Origin& origin : origins_) {
    if (wanted == nullptr || std::find(origin.slots.begin(), origin.slots.end(), wanted) == origin.slots.end())
      continue;
    if (!origin.inline_index) {
      if (text.empty()) text = origin.name;
    } else if (*origin.inline_index == variant && look_up(name, volume).refused.empty()) {
      text += " and " + origin.name;
    }
  }
  return text;
}

}  // namespace coldread::fscrypt
