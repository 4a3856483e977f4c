#include "core/report/json_value.hpp"

#include <boost/test/unit_test.hpp>
#include <limits>
#include <sstream>
#include <utility>

namespace coldread::report {

BOOST_AUTO_TEST_SUITE(json_value)

BOOST_AUTO_TEST_CASE(prints_each_kind) {
  BOOST_TEST(JsonValue().dump() == "null");
  BOOST_TEST(JsonValue(true).dump() == "true");
  BOOST_TEST(JsonValue(-5).dump() == "-5");
  BOOST_TEST(JsonValue(std::numeric_limits<std::uint64_t>::max()).dump() == "18446744073709551615");
  BOOST_TEST(JsonValue(std::numeric_limits<std::int64_t>::min()).dump() == "-9223372036854775808");
  BOOST_TEST(JsonValue("text").dump() == "\"text\"");
  BOOST_TEST(JsonValue::object().dump() == "{}");
  BOOST_TEST(JsonValue::array().dump() == "[]");
  BOOST_TEST(JsonValue::strings({"a", "b"}).dump() == R"(["a","b"])");
}

BOOST_AUTO_TEST_CASE(keeps_the_order_of_members) {
  JsonValue value = JsonValue::object();
  value.set("z", 1U).set("a", 2U).set("m", JsonValue::array().append(1).append(JsonValue()));
  BOOST_TEST(value.dump() == R"({"z":1,"a":2,"m":[1,null]})");
  value.set("z", 3U);
  BOOST_TEST(value.dump() == R"({"z":3,"a":2,"m":[1,null]})");
  BOOST_TEST(JsonValue::object().set("a", 1).dump(2) == "{\n  \"a\": 1\n}");
}

BOOST_AUTO_TEST_CASE(takes_any_bytes) {
  BOOST_TEST(JsonValue(std::string_view("a\0\n\"\x1b\x7f", 6)).dump() == "\"a\\u0000\\n\\\"\\u001b\x7f\"");
  BOOST_TEST(JsonValue("caf\xe9").dump() == "\"caf\xef\xbf\xbd\"");
  BOOST_TEST(JsonValue("\xf0\x9f\x92\xa9\xed\xa0\x80").dump() ==
             "\"\xf0\x9f\x92\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
  BOOST_TEST(JsonValue::object().set("\xff", 1).dump() == "{\"\xef\xbf\xbd\":1}");
}

BOOST_AUTO_TEST_CASE(is_copied_deep_and_moved) {
  JsonValue value = JsonValue::object();
  value.set("a", 1);
  JsonValue copy = value;
  copy.set("a", 2);
  BOOST_TEST(value.dump() == R"({"a":1})");
  value = copy;
  BOOST_TEST(value.dump() == R"({"a":2})");
  const JsonValue moved = std::move(copy);
  BOOST_TEST(moved.dump() == R"({"a":2})");
}

BOOST_AUTO_TEST_CASE(parses) {
  const auto value = JsonValue::parse(R"({"image":"x","n":3,"neg":-1,"keys":["a","b"],"f":1.5})");
  BOOST_REQUIRE(value);
  BOOST_TEST(value->is_object());
  BOOST_TEST(value->keys().size() == 5);
  BOOST_TEST(value->get("image")->text().value() == "x");
  BOOST_TEST(value->get("n")->number().value() == 3);
  BOOST_TEST(!value->get("neg")->number());
  BOOST_TEST(!value->get("f")->number());
  BOOST_TEST(!value->get("image")->number());
  BOOST_TEST(!value->get("n")->text());
  BOOST_TEST(!value->get("none"));
  BOOST_TEST(!value->has("none"));
  BOOST_TEST(value->get("keys")->elements()->size() == 2);
  BOOST_TEST(!value->get("image")->elements());
  BOOST_TEST(!JsonValue(1).get("a"));
  BOOST_TEST(!JsonValue(1).has("a"));
}

BOOST_AUTO_TEST_CASE(refuses_what_is_not_json) {
  for (const char* text : {"", "{", "{} x", "{'a':1}", "\"\xff\"", "nul", "[1,]"}) {
    const auto value = JsonValue::parse(text);
    BOOST_REQUIRE_MESSAGE(!value, text);
    BOOST_TEST((value.error().kind == ErrorKind::kUsage));
  }
}

BOOST_AUTO_TEST_CASE(survives_deep_nesting) {
  constexpr std::size_t kDepth = 100000;
  BOOST_TEST(JsonValue::parse(std::string(kDepth, '[') + std::string(kDepth, ']')).has_value());
}

namespace {

/// What stream() hands out of the text where values at `taken_depth` are taken, or its error.
std::string streamed(const std::string& text, std::size_t taken_depth, const JsonValue::Limits& limits = {}) {
  std::istringstream in(text);
  std::string out;
  const auto done = JsonValue::stream(
      in, limits,
      [&](const JsonValue::Place& place) {
        if (!place.empty() && place.back() == "no") return JsonValue::Wish::kSkip;
        return place.size() == taken_depth ? JsonValue::Wish::kTake : JsonValue::Wish::kEnter;
      },
      [&](const JsonValue::Place& place, const JsonValue& value) -> Result<void> {
        for (const std::string& key : place) out += "/" + key;
        out += "=" + value.dump() + ";";
        return {};
      });
  return done ? out : done.error().what;
}

}  // namespace

BOOST_AUTO_TEST_CASE(streams_the_values_that_are_wished_for) {
  const std::string text = R"({"a":[1,{"x":[2,"b"]}],"no":[[{}]],"c":{"d":null,"e":[]}})";
  BOOST_TEST(streamed(text, 0) == "=" + text + ";");
  BOOST_TEST(streamed(text, 1) == R"(/a=[1,{"x":[2,"b"]}];/c={"d":null,"e":[]};)");
  BOOST_TEST(streamed(text, 2) == R"(/a/=1;/a/={"x":[2,"b"]};/c/d=null;/c/e=[];)");
  BOOST_TEST(streamed(R"({"a":{"x":1,"x":{"y":2}}})", 1) == R"(/a={"x":{"y":2}};)");
}

BOOST_AUTO_TEST_CASE(refuses_what_is_entered_as_another_type) {
  const auto enter = [](const std::string& text, JsonValue::Wish root) {
    std::istringstream in(text);
    const auto done = JsonValue::stream(
        in, {}, [&](const JsonValue::Place& place) { return place.empty() ? root : JsonValue::Wish::kArray; },
        [](const JsonValue::Place&, const JsonValue&) -> Result<void> { return {}; });
    return done ? "" : done.error().what;
  };
  BOOST_TEST(enter("{}", JsonValue::Wish::kObject) == "");
  BOOST_TEST(enter("[]", JsonValue::Wish::kArray) == "");
  BOOST_TEST(enter(R"({"a":[[]]})", JsonValue::Wish::kObject) == "");
  BOOST_TEST(enter("[]", JsonValue::Wish::kObject) == "`` in it is of another type than it should be");
  BOOST_TEST(enter("{}", JsonValue::Wish::kArray) == "`` in it is of another type than it should be");
  BOOST_TEST(enter("null", JsonValue::Wish::kArray) == "`` in it is of another type than it should be");
  BOOST_TEST(enter(R"({"a":[{}]})", JsonValue::Wish::kObject) == "`a[]` in it is of another type than it should be");
  BOOST_TEST(enter(R"({"a":7})", JsonValue::Wish::kObject) == "`a` in it is of another type than it should be");
}

BOOST_AUTO_TEST_CASE(streams_within_its_limits) {
  BOOST_TEST(streamed("[1,2", 1) == "this is not JSON");
  BOOST_TEST(streamed("[1] 2", 1) == "this is not JSON");
  BOOST_TEST(streamed("[[[1]]]", 1, {.depth = 2}) == "it is nested too deep");
  BOOST_TEST(streamed("[[[1]]]", 1, {.depth = 3}) == "/=[[1]];");
  BOOST_TEST(streamed("[[1,2,3]]", 1, {.values = 2}) == "a value in it is too large");
  BOOST_TEST(streamed("[[1,2],[3,4]]", 1, {.values = 2}) == "/=[1,2];/=[3,4];");
  BOOST_TEST(streamed(R"([{"a":1,"b":2}])", 1, {.members = 1}) == "a value in it is too large");
  BOOST_TEST(streamed("[\"" + std::string(300'000, 'x') + "\"]", 1, {.literal = 70'000}) ==
             "a string or number in it is too long");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace coldread::report
