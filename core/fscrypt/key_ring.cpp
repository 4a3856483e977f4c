#include "core/fscrypt/key_ring.hpp"

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"

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

}  // namespace

std::string GivenKey::name() const {
  return identifier_hex.empty() ? "descriptor " + descriptor_hex : "identifier " + identifier_hex;
}

Result<std::string> KeyRing::add(Secret raw, std::string origin) {
  auto key = MasterKey::make(std::move(raw));
  if (!key) return fail(key.error().kind, std::move(origin), std::move(key.error().what));
  const KeyIdentifier identifier = key->identifier();
  const KeyDescriptor descriptor = key->descriptor();
  auto& slot = slots_[identifier];
  if (!slot) slot = std::make_unique<const Slot>(std::move(*key));
  derived_.emplace(descriptor, slot.get());
  origins_.push_back({std::move(origin), slot.get(), std::nullopt});
  return to_hex(identifier);
}

Result<void> KeyRing::add_v1(const KeyDescriptor& descriptor, Secret raw, std::string origin) {
  auto key = MasterKey::make(std::move(raw));
  if (!key) return fail(key.error().kind, std::move(origin), std::move(key.error().what));
  auto& slot = v1_slots_[descriptor];
  if (slot && slot->key.identifier() != key->identifier()) {
    return fail(ErrorKind::kUsage, std::move(origin), "another key was given for descriptor " + to_hex(descriptor));
  }
  if (!slot) slot = std::make_unique<const Slot>(std::move(*key));
  origins_.push_back({std::move(origin), slot.get(), descriptor});
  return {};
}

const KeyRing::Slot* KeyRing::slot(ByteSpan name) const {
  if (const auto found = find_in(slots_, name); found != slots_.end()) return found->second.get();
  if (const auto found = find_in(v1_slots_, name); found != v1_slots_.end()) return found->second.get();
  const auto found = find_in(derived_, name);
  return found == derived_.end() ? nullptr : found->second;
}

const MasterKey* KeyRing::find(ByteSpan name) const {
  const Slot* found = slot(name);
  return found == nullptr ? nullptr : &found->key;
}

void KeyRing::mark_used(ByteSpan name) const {
  if (const Slot* found = slot(name)) found->used.store(true, std::memory_order_relaxed);
}

std::vector<GivenKey> KeyRing::given() const {
  std::vector<GivenKey> keys;
  keys.reserve(origins_.size());
  for (const Origin& origin : origins_) {
    const MasterKey& key = origin.slot->key;
    GivenKey given;
    given.origin = origin.name;
    if (!origin.given_for) given.identifier_hex = to_hex(key.identifier());
    given.descriptor_hex = to_hex(origin.given_for.value_or(key.descriptor()));
    given.proven = !origin.given_for || key.is_proven_by(*origin.given_for);
    given.used = origin.slot->used.load(std::memory_order_relaxed);
    keys.push_back(std::move(given));
  }
  return keys;
}

}  // namespace coldread::fscrypt
