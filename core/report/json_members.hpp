#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/base/byte_view.hpp"
#include "core/base/text.hpp"
#include "core/report/json_value.hpp"

namespace coldread::report {

/// The members of an object that is read back, each of one type; remembers the first that is missing or of another one.
/// Objects and arrays, which may be large, are taken out of it.
class Members {
 public:
  Members(JsonValue& object, std::string& malformed, std::string within)
      : object_(object), malformed_(malformed), within_(std::move(within)) {}

  std::string text(const char* key) { return value<std::string>(key, &JsonValue::text, true).value_or(""); }
  std::uint64_t number(const char* key) { return value<std::uint64_t>(key, &JsonValue::number, true).value_or(0); }
  std::optional<std::string> maybe_text(const char* key) { return value<std::string>(key, &JsonValue::text, false); }
  bool flag(const char* key) { return value<bool>(key, &JsonValue::truth, false).value_or(false); }

  std::uint32_t number32(const char* key) {
    const std::uint64_t wide = number(key);
    if (wide != static_cast<std::uint32_t>(wide)) blame(key);
    return static_cast<std::uint32_t>(wide);
  }
  /// Of base64.
  std::optional<std::string> maybe_bytes(const char* key) {
    const auto encoded = maybe_text(key);
    if (!encoded) return std::nullopt;
    const auto bytes = from_base64(*encoded);
    if (!bytes) blame(key);
    return ByteView(bytes.value_or(Bytes())).str();
  }
  std::optional<JsonValue> object(const char* key) {
    auto member = object_.take(key);
    if (member && !member->is_object()) blame(key);
    return member;
  }
  template <class Use>
  void each(const char* key, bool required, const Use& use) {
    const auto member = object_.take(key);
    if (!member) {
      if (required) blame(key);
      return;
    }
    const bool all = member->each([&](const JsonValue& element) {
      use(element);
      return malformed_.empty();
    });
    if (!all) blame(key);
  }
  void blame(const char* key) {
    if (malformed_.empty()) malformed_ = within_ + key;
  }

 private:
  template <class T>
  std::optional<T> value(const char* key, std::optional<T> (JsonValue::*as)() const, bool required) {
    const auto member = object_.get(key);
    std::optional<T> out;
    if (member) out = ((*member).*as)();
    if (!out && (member || required)) blame(key);
    return out;
  }

  JsonValue& object_;
  std::string& malformed_;
  std::string within_;
};

}  // namespace coldread::report
