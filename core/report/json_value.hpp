#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.hpp"

namespace coldread::report {

/// A JSON value, built member by member and printed, or parsed and looked into. Objects keep the order of their
/// members. It hides the library that does the work; nothing here throws but for want of memory.
class JsonValue {
 public:
  JsonValue();  ///< null
  // NOLINTBEGIN(google-explicit-constructor): what is set or appended is given as it is
  JsonValue(std::string_view text);  ///< raw bytes: ill-formed UTF-8 becomes U+FFFD, as base's to_utf8 does it
  JsonValue(const char* text) : JsonValue(std::string_view(text)) {}
  JsonValue(const std::string& text) : JsonValue(std::string_view(text)) {}
  template <std::same_as<bool> T>
  JsonValue(T value) : JsonValue(Boolean{value}) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) JsonValue(T value) : JsonValue(Unsigned{value}) {}
  template <std::signed_integral T>
  JsonValue(T value) : JsonValue(Signed{value}) {}
  // NOLINTEND(google-explicit-constructor)
  JsonValue(JsonValue&& other) noexcept;
  JsonValue& operator=(JsonValue&& other) noexcept;
  JsonValue(const JsonValue& other);
  JsonValue& operator=(const JsonValue& other);
  ~JsonValue();

  [[nodiscard]] static JsonValue object();
  [[nodiscard]] static JsonValue array();
  /// An array of the strings, each as the constructor takes it.
  [[nodiscard]] static JsonValue strings(const std::vector<std::string>& texts);
  /// The value that the whole text stands for. Errors: kUsage where it is not JSON.
  [[nodiscard]] static Result<JsonValue> parse(std::string_view text);

  /// What is to become of a value that the text comes to.
  enum class Wish : std::uint8_t {
    kSkip,    ///< it is passed over
    kEnter,   ///< each of its members or elements is asked for in turn; a single value is passed over
    kObject,  ///< entered, and refused where it is no object
    kArray,   ///< entered, and refused where it is no array
    kTake,    ///< it is handed out
  };
  /// Where a value is: the keys on the way to it, "" for an element of an array.
  using Place = std::vector<std::string>;
  /// How much of a text is taken before it is refused.
  struct Limits {
    std::size_t depth = 32;               ///< how deep values may be nested
    std::size_t values = 8'000'000;       ///< in one that is handed out
    std::size_t members = 8192;           ///< of one object in it
    std::size_t literal = 16'000'000;     ///< bytes of one string or number, and of the white space around it
    std::size_t taken_bytes = 512 << 20;  ///< of keys and strings in one that is handed out
  };
  /// Reads a text of any length, in memory that does not grow with it: `wish` is asked at each value, outermost first,
  /// and `taken` gets those that it wishes for. Errors: kUsage (it is not JSON, or over the limits); those of `taken`.
  [[nodiscard]] static Result<void> stream(std::istream& text, const Limits& limits,
                                           const std::function<Wish(const Place&)>& wish,
                                           const std::function<Result<void>(const Place&, JsonValue)>& taken);

  /// Sets a member of an object (a null becomes one; anything else is replaced by one).
  JsonValue& set(std::string_view key, JsonValue value);
  /// Appends an element to an array (a null becomes one; anything else is replaced by one).
  JsonValue& append(JsonValue value);

  /// The value as JSON text in UTF-8: on one line, or over several with `indent` spaces a level where it is not
  /// negative. Without a final newline.
  [[nodiscard]] std::string dump(int indent = -1) const;

  [[nodiscard]] bool is_object() const;
  /// True when it is an object with that member.
  [[nodiscard]] bool has(std::string_view key) const;
  /// A copy of that member, or nothing where there is none or this is no object.
  [[nodiscard]] std::optional<JsonValue> get(std::string_view key) const;
  /// The same, moved out of this, which is left with a null in its place.
  [[nodiscard]] std::optional<JsonValue> take(std::string_view key);
  /// The string, or nothing where it is none.
  [[nodiscard]] std::optional<std::string> text() const;
  /// The whole number, or nothing where it is none or negative.
  [[nodiscard]] std::optional<std::uint64_t> number() const;
  /// True, false, or nothing where it is neither.
  [[nodiscard]] std::optional<bool> truth() const;
  /// Calls `use` with each element of an array in turn; false where it is none or `use` said false.
  [[nodiscard]] bool each(const std::function<bool(const JsonValue&)>& use) const;
  /// Copies of an array's elements, or nothing where it is none.
  [[nodiscard]] std::optional<std::vector<JsonValue>> elements() const;
  /// The names of an object's members in their order; none where it is no object.
  [[nodiscard]] std::vector<std::string> keys() const;

 private:
  struct Node;
  class Streamer;
  struct Boolean {
    bool value;
  };
  struct Unsigned {
    std::uint64_t value;
  };
  struct Signed {
    std::int64_t value;
  };
  explicit JsonValue(Boolean truth);
  explicit JsonValue(Unsigned number);
  explicit JsonValue(Signed number);
  explicit JsonValue(std::unique_ptr<Node> node);

  std::unique_ptr<Node> node_;  ///< never null but in a value that was moved from
};

}  // namespace coldread::report
