#pragma once

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/base/secret.hpp"
#include "core/fscrypt/key_files.hpp"
#include "core/fscrypt/master_key.hpp"

namespace coldread::fscrypt {

/// A key as it was given, for messages about keys that open nothing.
struct GivenKey {
  std::string origin;
  std::string identifier_hex;  ///< empty where it was given for a descriptor alone, and of an inline key
  std::string descriptor_hex;  ///< empty where no descriptor is derived from it
  bool proven = true;          ///< false: that it is the one of a policy that it was used for, nothing proves
  bool used = false;
  std::string refused;   ///< a sentence, where what it decrypts shows that it is the wrong one
  std::size_t text = 0;  ///< how many bytes of text it is, where it is text

  /// "identifier HEX", "descriptor HEX" where it was given for that, or "inline key".
  [[nodiscard]] std::string name() const;
};

/// How a key is known to be the one of a policy.
enum class KeyProof : std::uint8_t {
  kNone,        ///< not at all: whoever gave it vouches for it
  kIdentifier,  ///< the policy's identifier is derived from it
  kDescriptor,  ///< the policy's descriptor is derived from it
  kNames,       ///< names that it decrypts are well-formed, beyond chance
  kContents,    ///< the identifier is derived from the software secret, and files' ends decrypted by the inline key are
                ///< zeros, beyond chance
};

/// "identifier", "descriptor", "names", "contents", "none".
[[nodiscard]] std::string_view to_string(KeyProof proof);

/// What looking at a volume found out of a key that its name does not prove.
struct KeyVerdict {
  KeyProof proof = KeyProof::kNone;
  std::size_t variant = 0;     ///< which of KeyRing::unproven() it is about
  std::string refused;         ///< why nothing is decrypted with it, where so
  bool contents_only = false;  ///< `refused` is of contents; names are decrypted
};

/// The key that a policy names.
struct FoundKey {
  const MasterKey* key = nullptr;  ///< valid as long as the ring is; null where none was given
  KeyProof proof = KeyProof::kNone;
  std::string refused;         ///< as KeyVerdict::refused
  bool contents_only = false;  ///< as KeyVerdict::contents_only
};

/// The master keys that were given. Filled and judged before it is read: add(), judge() by one thread alone; everything
/// else by any number of threads at once.
class KeyRing {
 public:
  /// A volume: its filesystem's UUID.
  using Uuid = std::array<std::byte, 16>;

  /// Takes a raw key of 16 to 64 bytes and returns its identifier in hex. `origin` names it in messages (a file's
  /// name). The same key may be added twice. Errors: kUsage (its size; it was given as a software secret too).
  [[nodiscard]] Result<std::string> add(Secret raw, std::string origin);

  /// Takes a raw key for the v1 policies with that descriptor, whether or not it is derived from the key. Errors:
  /// kUsage (its size; another key was given for the descriptor).
  [[nodiscard]] Result<void> add_v1(const KeyDescriptor& descriptor, Secret raw, std::string origin);

  /// Takes the raw key behind a hardware-wrapped one: by each way in which hardware derives from it. Errors: kUsage.
  [[nodiscard]] Result<void> add_hw(const Secret& raw, const std::string& origin);

  /// Takes software secrets of hardware-wrapped keys, and inline keys: which belongs to which is for judge() to tell,
  /// unless there is only one of each. Errors: kUsage (their sizes; a software secret was given as a raw key too).
  [[nodiscard]] Result<void> add_hw_parts(const std::vector<NamedSecret>& sw_secrets,
                                          const std::vector<NamedSecret>& inline_keys);

  /// The key that policies name so, or null: an identifier (16 bytes), or a descriptor (8 bytes). For a descriptor, a
  /// key from which it is derived comes before one that was merely given for it. Valid as long as the ring is.
  [[nodiscard]] const MasterKey* find(ByteSpan name) const;

  /// The same with what is known of it on that volume.
  [[nodiscard]] FoundKey look_up(ByteSpan name, const Uuid& volume) const;

  /// The keys that may be the one that policies name so where the name does not settle that: one that was given for a
  /// descriptor; of a hardware-wrapped one, what its inline key may be. Empty where it is settled, or there is none.
  [[nodiscard]] std::vector<const MasterKey*> unproven(ByteSpan name) const;
  /// How many such names there may be on a volume at most.
  [[nodiscard]] std::size_t unproven_count() const;

  /// The raw key whose identifier this is where it could as well be a hardware-wrapped key's software secret, of which
  /// older kernels of Android made the same identifier: one of 32 bytes. Else null.
  [[nodiscard]] const MasterKey* may_be_sw_secret(ByteSpan identifier) const;
  [[nodiscard]] std::size_t may_be_sw_secret_count() const;

  /// Takes down what was found out of unproven(name) on that volume.
  void judge(ByteSpan name, const Uuid& volume, KeyVerdict verdict);

  /// Notes that the key opened something; each origin that gave it counts as used.
  void mark_used(ByteSpan name) const;

  /// Every key that was added, in that order.
  [[nodiscard]] std::vector<GivenKey> given() const;

  /// Where the key that policies name so came from, in the order of given(); an inline key follows its software secret.
  [[nodiscard]] std::string origin_of(ByteSpan name, const Uuid& volume) const;

  [[nodiscard]] bool empty() const { return origins_.empty(); }

 private:
  struct Slot {
    std::vector<MasterKey> variants;  ///< one, but of a hardware-wrapped key one for each inline key that may be its
    bool derived = true;              ///< no inline key, or the one that goes with its software secret
    bool vouched = false;             ///< the one inline key was given with the one software secret
    mutable std::atomic<bool> used{false};
  };
  struct Origin {
    std::string name;
    std::vector<const Slot*> slots;  ///< several where it is not known how hardware derives from it
    std::optional<KeyDescriptor> given_for;
    std::optional<std::size_t> inline_index;  ///< it is the inline key of these variants
  };
  using VerdictKey = std::pair<Uuid, Bytes>;

  [[nodiscard]] const Slot* slot(ByteSpan name) const;
  [[nodiscard]] Result<const Slot*> add_hw_slot(std::vector<MasterKey> variants, bool derived, bool vouched,
                                                const std::string& origin);
  [[nodiscard]] GivenKey describe(const Origin& origin) const;

  std::map<KeyIdentifier, std::unique_ptr<const Slot>> slots_;
  std::map<KeyDescriptor, const Slot*> derived_;  ///< the same keys, by the descriptors that are derived from them
  std::map<KeyDescriptor, std::unique_ptr<const Slot>> v1_slots_;
  std::vector<std::unique_ptr<const Slot>> hw_slots_;
  std::map<KeyIdentifier, const Slot*> hw_names_;  ///< the same, by both of their identifiers
  std::map<VerdictKey, KeyVerdict> verdicts_;
  std::vector<Origin> origins_;
};

}  // namespace coldread::fscrypt
