#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/secret.hpp"
#include "core/fscrypt/master_key.hpp"

namespace coldread::fscrypt {

/// A key as it was given, for messages about keys that open nothing.
struct GivenKey {
  std::string origin;
  std::string identifier_hex;
  bool used = false;
};

/// The master keys that were given. Filled before it is read: add() by one thread alone; everything else by any number
/// of threads at once.
class KeyRing {
 public:
  /// Takes a raw key of 16 to 64 bytes and returns its identifier in hex. `origin` names it in messages (a file's
  /// name). The same key may be added twice. Errors: kUsage (its size).
  [[nodiscard]] Result<std::string> add(Secret raw, std::string origin);

  /// The key with that identifier, or null. Valid as long as the ring is.
  [[nodiscard]] const MasterKey* find(ByteSpan identifier) const;

  /// Notes that the key opened something; each origin that gave it counts as used.
  void mark_used(ByteSpan identifier) const;

  /// Every key that was added, in that order.
  [[nodiscard]] std::vector<GivenKey> given() const;

  [[nodiscard]] bool empty() const { return slots_.empty(); }

 private:
  struct Slot {
    explicit Slot(MasterKey k) : key(std::move(k)) {}
    MasterKey key;
    mutable std::atomic<bool> used{false};
  };
  struct Origin {
    std::string name;
    KeyIdentifier identifier;
  };

  [[nodiscard]] const Slot* slot(ByteSpan identifier) const;

  std::map<KeyIdentifier, std::unique_ptr<const Slot>> slots_;
  std::vector<Origin> origins_;
};

}  // namespace coldread::fscrypt
