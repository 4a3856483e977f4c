#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
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
  std::string identifier_hex;  ///< empty where the key was given for a descriptor alone
  std::string descriptor_hex;
  bool proven = true;  ///< false: it was given for a descriptor that is not derived from it
  bool used = false;

  /// "identifier HEX", or "descriptor HEX" where it was given for that.
  [[nodiscard]] std::string name() const;
};

/// The master keys that were given. Filled before it is read: add() by one thread alone; everything else by any number
/// of threads at once.
class KeyRing {
 public:
  /// Takes a raw key of 16 to 64 bytes and returns its identifier in hex. `origin` names it in messages (a file's
  /// name). The same key may be added twice. Errors: kUsage (its size).
  [[nodiscard]] Result<std::string> add(Secret raw, std::string origin);

  /// Takes a raw key for the v1 policies with that descriptor, whether or not it is derived from the key. Errors:
  /// kUsage (its size; another key was given for the descriptor).
  [[nodiscard]] Result<void> add_v1(const KeyDescriptor& descriptor, Secret raw, std::string origin);

  /// The key that policies name so, or null: an identifier (16 bytes), or a descriptor (8 bytes). For a descriptor, a
  /// key that was given for it comes before one from which it is derived. Valid as long as the ring is.
  [[nodiscard]] const MasterKey* find(ByteSpan name) const;

  /// Notes that the key opened something; each origin that gave it counts as used.
  void mark_used(ByteSpan name) const;

  /// Every key that was added, in that order.
  [[nodiscard]] std::vector<GivenKey> given() const;

  [[nodiscard]] bool empty() const { return origins_.empty(); }

 private:
  struct Slot {
    explicit Slot(MasterKey k) : key(std::move(k)) {}
    MasterKey key;
    mutable std::atomic<bool> used{false};
  };
  struct Origin {
    std::string name;
    const Slot* slot;
    std::optional<KeyDescriptor> given_for;
  };

  [[nodiscard]] const Slot* slot(ByteSpan name) const;

  std::map<KeyIdentifier, std::unique_ptr<const Slot>> slots_;
  std::map<KeyDescriptor, const Slot*> derived_;  ///< the same keys, by the descriptors that are derived from them
  std::map<KeyDescriptor, std::unique_ptr<const Slot>> v1_slots_;
  std::vector<Origin> origins_;
};

}  // namespace coldread::fscrypt
