#include "core/report/json_value.hpp"

#include <nlohmann/json.hpp>
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

std::optional<std::string> JsonValue::text() const {
  if (!node_->json.is_string()) return std::nullopt;
  return node_->json.get<std::string>();
}

std::optional<std::uint64_t> JsonValue::number() const {
  if (node_->json.is_number_unsigned()) return node_->json.get<std::uint64_t>();
  if (!node_->json.is_number_integer() || node_->json.get<std::int64_t>() < 0) return std::nullopt;
  return static_cast<std::uint64_t>(node_->json.get<std::int64_t>());
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
