#include "core/report/json_value.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <streambuf>
#include <utility>

#include "core/base/text.hpp"

namespace coldread::report {

using Json = nlohmann::ordered_json;

struct JsonValue::Node {
  Json json;
};

JsonValue::JsonValue() : node_(std::make_unique<Node>()) {}
JsonValue::JsonValue(std::string_view text) : node_(std::make_unique<Node>(Node{Json(to_utf8(text))})) {}
JsonValue::JsonValue(Boolean truth) : node_(std::make_unique<Node>(Node{Json(truth.value)})) {}
JsonValue::JsonValue(Unsigned number) : node_(std::make_unique<Node>(Node{Json(number.value)})) {}
JsonValue::JsonValue(Signed number) : node_(std::make_unique<Node>(Node{Json(number.value)})) {}
JsonValue::JsonValue(std::unique_ptr<Node> node) : node_(std::move(node)) {}
JsonValue::JsonValue(JsonValue&& other) noexcept = default;
JsonValue& JsonValue::operator=(JsonValue&& other) noexcept = default;
JsonValue::JsonValue(const JsonValue& other) : node_(std::make_unique<Node>(*other.node_)) {}
JsonValue::~JsonValue() = default;

JsonValue& JsonValue::operator=(const JsonValue& other) {
  if (this != &other) node_ = std::make_unique<Node>(*other.node_);
  return *this;
}

JsonValue JsonValue::object() { return JsonValue(std::make_unique<Node>(Node{Json::object()})); }

JsonValue JsonValue::array() { return JsonValue(std::make_unique<Node>(Node{Json::array()})); }

JsonValue JsonValue::strings(const std::vector<std::string>& texts) {
  JsonValue out = array();
  for (const std::string& text : texts) out.append(text);
  return out;
}

Result<JsonValue> JsonValue::parse(std::string_view text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return fail(ErrorKind::kUsage, {}, "this is not JSON");
  return JsonValue(std::make_unique<Node>(Node{std::move(json)}));
}

namespace {

/// The text of a stream, which ends where one literal grows over its limit.
class BoundedText final : public std::streambuf {
 public:
  BoundedText(std::istream& text, std::size_t limit) : text_(text), limit_(limit) {}

  /// A literal has ended.
  void begin_anew() { since_ = 0; }
  [[nodiscard]] bool over_limit() const { return over_limit_; }

 protected:
  int_type underflow() override {
    over_limit_ = since_ > limit_;
    if (over_limit_) return traits_type::eof();
    text_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    const std::streamsize got = text_.gcount();
    if (got <= 0) return traits_type::eof();
    since_ += static_cast<std::size_t>(got);
    setg(buffer_.data(), buffer_.data(), buffer_.data() + got);
    return traits_type::to_int_type(*gptr());
  }

 private:
  std::istream& text_;
  std::size_t limit_;
  std::size_t since_ = 0;
  bool over_limit_ = false;
  std::array<char, 1 << 16> buffer_{};
};

}  // namespace

/// How much of a value's place is told where it is refused: keys are of any length.
constexpr std::size_t kMostOfPlace = 100;

/// Takes the parser's events: keeps where they are, and builds the values that are wished for.
class JsonValue::Streamer final : public nlohmann::json_sax<Json> {
 public:
  Streamer(BoundedText& text, const Limits& limits, const std::function<Wish(const Place&)>& wish,
           const std::function<Result<void>(const Place&, JsonValue)>& taken)
      : text_(text), limits_(limits), wish_(wish), taken_(taken) {}

  [[nodiscard]] Result<void> result(bool parsed) {
    if (error_) return fail(std::move(*error_));
    if (text_.over_limit()) return refuse("a string or number in it is too long");
    if (!parsed) return fail(ErrorKind::kUsage, {}, "this is not JSON");
    return {};
  }

  bool null() override { return scalar(Json(), 0); }
  bool boolean(bool value) override { return scalar(Json(value), 0); }
  bool number_integer(number_integer_t value) override { return scalar(Json(value), 0); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(Json(value), 0); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return scalar(Json(value), 0); }
  bool string(string_t& value) override {
    const std::size_t size = value.size();
    return scalar(Json(std::move(value)), size);
  }
  bool binary(binary_t& /*value*/) override { return false; }
  bool key(string_t& value) override {
    text_.begin_anew();
    if (building()) {
      bytes_ += value.size();
      key_ = std::move(value);
    } else if (!skipping()) {
      place_.back() = std::move(value);
    }
    return true;
  }
  bool start_object(std::size_t /*unknown*/) override { return open(Json::object()); }
  bool start_array(std::size_t /*unknown*/) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/, const Json::exception& /*why*/) override {
    return false;
  }

 private:
  [[nodiscard]] bool building() const { return !open_.empty(); }
  [[nodiscard]] bool skipping() const { return skipped_ != 0; }
  [[nodiscard]] Wish wish_next() const { return skipping() ? Wish::kSkip : wish_(place_); }

  tl::unexpected<Error> refuse(const char* what) { return fail(ErrorKind::kUsage, {}, what); }
  bool stop(const char* what) {
    error_ = refuse(what).value();
    return false;
  }

  /// Puts a value into the one that is being built; null where that is over the limits.
  Json* put(Json value) {
    if (++values_ > limits_.values || bytes_ > limits_.taken_bytes) return nullptr;
    Json& into = *open_.back();
    if (into.is_array()) {
      into.push_back(std::move(value));
      return &into.back();
    }
    if (into.size() >= limits_.members) return nullptr;  // they are looked up one after another
    Json& member = into[key_];
    member = std::move(value);
    return &member;
  }

  bool stop_at_type() {
    std::string where;
    for (const std::string& key : place_) where += key.empty() ? "[]" : (where.empty() ? "" : ".") + key;
    return stop(("`" + where.substr(0, kMostOfPlace) + "` in it is of another type than it should be").c_str());
  }

  bool hand_out() {
    auto done = taken_(place_, JsonValue(std::make_unique<Node>(Node{std::move(root_)})));
    root_ = Json();
    if (!done) error_ = std::move(done.error());
    return !error_;
  }

  bool scalar(Json value, std::size_t bytes) {
    text_.begin_anew();
    if (building()) {
      bytes_ += bytes;
      return put(std::move(value)) != nullptr || stop("a value in it is too large");
    }
    const Wish wish = wish_next();
    if (wish == Wish::kObject || wish == Wish::kArray) return stop_at_type();
    if (wish != Wish::kTake) return true;
    root_ = std::move(value);
    return hand_out();
  }

  bool open(Json value) {
    text_.begin_anew();
    if (++depth_ > limits_.depth) return stop("it is nested too deep");
    if (building()) {
      // Of an object, a member that comes twice is made anew: what points into the first is closed by then.
      Json* const made = put(std::move(value));
      if (made == nullptr) return stop("a value in it is too large");
      open_.push_back(made);
      return true;
    }
    switch (wish_next()) {
      case Wish::kSkip: ++skipped_; return true;
      case Wish::kObject:
        if (!value.is_object()) return stop_at_type();
        place_.emplace_back();
        return true;
      case Wish::kArray:
        if (!value.is_array()) return stop_at_type();
        place_.emplace_back();
        return true;
      case Wish::kEnter: place_.emplace_back(); return true;
      case Wish::kTake: break;
    }
    values_ = 0;
    bytes_ = 0;
    root_ = std::move(value);
    open_.push_back(&root_);
    return true;
  }

  bool close() {
    text_.begin_anew();
    --depth_;
    if (building()) {
      open_.pop_back();
      return building() || hand_out();
    }
    if (skipping()) {
      --skipped_;
    } else {
      place_.pop_back();
    }
    return true;
  }

  BoundedText& text_;
  const Limits& limits_;
  const std::function<Wish(const Place&)>& wish_;
  const std::function<Result<void>(const Place&, JsonValue)>& taken_;
  Place place_;
  std::size_t depth_ = 0;
  std::size_t skipped_ = 0;  ///< how many of the open values are within one that is skipped
  Json root_;                ///< what is being built
  std::vector<Json*> open_;  ///< it, and what is open within it: the last member of each
  std::string key_;
  std::size_t values_ = 0;
  std::size_t bytes_ = 0;
  std::optional<Error> error_;
};

Result<void> JsonValue::stream(std::istream& text, const Limits& limits, const std::function<Wish(const Place&)>& wish,
                               const std::function<Result<void>(const Place&, JsonValue)>& taken) {
  BoundedText bounded(text, limits.literal);
  std::istream in(&bounded);
  Streamer streamer(bounded, limits, wish, taken);
  const bool parsed = Json::sax_parse(in, &streamer);
  return streamer.result(parsed);
}

JsonValue& JsonValue::set(std::string_view key, JsonValue value) {
  if (!node_->json.is_object()) node_->json = Json::object();
  node_->json[to_utf8(key)] = std::move(value.node_->json);
  return *this;
}

JsonValue& JsonValue::append(JsonValue value) {
  if (!node_->json.is_array()) node_->json = Json::array();
  node_->json.push_back(std::move(value.node_->json));
  return *this;
}

std::string JsonValue::dump(int indent) const {
  return node_->json.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

bool JsonValue::is_object() const { return node_->json.is_object(); }

bool JsonValue::has(std::string_view key) const { return node_->json.is_object() && node_->json.contains(key); }

std::optional<JsonValue> JsonValue::get(std::string_view key) const {
  if (!is_object()) return std::nullopt;
  const auto member = node_->json.find(key);
  if (member == node_->json.end()) return std::nullopt;
  return JsonValue(std::make_unique<Node>(Node{*member}));
}

std::optional<JsonValue> JsonValue::take(std::string_view key) {
  if (!is_object()) return std::nullopt;
  const auto member = node_->json.find(key);
  if (member == node_->json.end()) return std::nullopt;
  return JsonValue(std::make_unique<Node>(Node{std::exchange(*member, Json())}));
}

std::optional<std::string> JsonValue::text() const {
  if (!node_->json.is_string()) return std::nullopt;
  return node_->json.get<std::string>();
}

std::optional<std::uint64_t> JsonValue::number() const {
  if (node_->json.is_number_unsigned()) return node_->json.get<std::uint64_t>();
  if (!node_->json.is_number_integer() || node_->json.get<std::int64_t>() < 0) return std::nullopt;
  return static_cast<std::uint64_t>(node_->json.get<std::int64_t>());
}

std::optional<bool> JsonValue::truth() const {
  if (!node_->json.is_boolean()) return std::nullopt;
  return node_->json.get<bool>();
}

bool JsonValue::each(const std::function<bool(const JsonValue&)>& use) const {
  if (!node_->json.is_array()) return false;
  return std::all_of(node_->json.begin(), node_->json.end(),
                     [&](const Json& element) { return use(JsonValue(std::make_unique<Node>(Node{element}))); });
}

std::optional<std::vector<JsonValue>> JsonValue::elements() const {
  if (!node_->json.is_array()) return std::nullopt;
  std::vector<JsonValue> out;
  for (const Json& element : node_->json) out.push_back(JsonValue(std::make_unique<Node>(Node{element})));
  return out;
}

std::vector<std::string> JsonValue::keys() const {
  std::vector<std::string> out;
  if (!is_object()) return out;
  for (const auto& member : node_->json.items()) out.push_back(member.key());
  return out;
}

}  // namespace coldread::report
