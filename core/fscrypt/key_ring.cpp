#include "core/fscrypt/key_ring.hpp"

#include <algorithm>
#include <utility>

#include "core/base/text.hpp"

namespace coldread::fscrypt {

Result<std::string> KeyRing::add(Secret raw, std::string origin) {
  auto key = MasterKey::make(std::move(raw));
  if (!key) return fail(key.error().kind, std::move(origin), std::move(key.error().what));
  const KeyIdentifier identifier = key->identifier();
  origins_.push_back({std::move(origin), identifier});
  if (!slots_.contains(identifier)) slots_.emplace(identifier, std::make_unique<const Slot>(std::move(*key)));
  return to_hex(identifier);
}

const KeyRing::Slot* KeyRing::slot(ByteSpan identifier) const {
  KeyIdentifier wanted{};
  if (identifier.size() != wanted.size()) return nullptr;
  std::copy(identifier.begin(), identifier.end(), wanted.begin());
  const auto found = slots_.find(wanted);
  return found == slots_.end() ? nullptr : found->second.get();
}

const MasterKey* KeyRing::find(ByteSpan identifier) const {
  const Slot* found = slot(identifier);
  return found == nullptr ? nullptr : &found->key;
}

void KeyRing::mark_used(ByteSpan identifier) const {
  if (const Slot* found = slot(identifier)) found->used.store(true, std::memory_order_relaxed);
}

std::vector<GivenKey> KeyRing::given() const {
  std::vector<GivenKey> keys;
  keys.reserve(origins_.size());
  for (const Origin& origin : origins_) {
    const Slot* found = slot(origin.identifier);
    const bool used = found != nullptr && found->used.load(std::memory_order_relaxed);
    keys.push_back({origin.name, to_hex(origin.identifier), used});
  }
  return keys;
}

}  // namespace coldread::fscrypt
