#include <algorithm>
#include <string>
#include <string_view>

#include "core/base/text.hpp"
#include "core/report/json.hpp"
#include "core/report/json_value.hpp"
#include "core/report/time.hpp"
#include "tests/fuzz/fuzz_target.hpp"

// Bytes of an image on their way into the report and onto a terminal: to_utf8, escape_for_terminal, JsonValue, to_json.

namespace coldread::fuzz {
namespace {

using report::JsonValue;

void check_text(const std::string& bytes) {
  const std::string text = to_utf8(bytes);
  require(is_utf8(text), "text is well-formed UTF-8");
  require(is_utf8(bytes) == (text == bytes), "well-formed text stays as it is");

  const std::string escaped = escape_for_terminal(bytes);
  require(is_utf8(escaped), "escaped text is well-formed UTF-8");
  require(std::none_of(escaped.begin(), escaped.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }),
          "escaped text holds no control byte");

  const auto back = from_hex(to_hex(as_bytes(bytes)));
  require(back && as_chars(*back) == bytes, "hexadecimal is read back");

  const std::string json = JsonValue(bytes).dump();
  require(is_utf8(json), "JSON is well-formed UTF-8");
  const auto parsed = JsonValue::parse(json);
  require(parsed && parsed->text() == text, "a JSON string is read back");
}

void check_entry(Input& input) {
  report::Entry entry;
  entry.type = "file";
  entry.status = "damaged";
  entry.has_facts = true;
  entry.inode = input.number<std::uint32_t>();
  entry.size = input.number<std::uint64_t>();
  entry.mtime = {static_cast<std::int64_t>(input.number<std::uint64_t>()), input.number<std::uint32_t>()};
  const auto text = [&] { return input.take(input.number<std::uint8_t>()).str(); };
  entry.path = text();
  entry.target = text();
  std::string name = text();
  entry.xattrs.emplace_back(std::move(name), text());
  entry.problems.push_back(text());
  if (input.number<std::uint8_t>() & 1) entry.written_as = text();

  const std::string json = to_json(entry).dump(1);
  require(is_utf8(json), "a report is well-formed UTF-8");
  const auto parsed = JsonValue::parse(json);
  require(parsed && parsed->is_object(), "a report is JSON");
  const auto path = parsed->get("path");
  require(path && path->text() == to_utf8(entry.path), "an entry's path is read back");
  require(parsed->has("path_bytes") == !is_utf8(entry.path), "raw bytes are told where they are needed");
}

void check_foreign_json(const std::string& text) {
  const auto parsed = JsonValue::parse(text);
  if (!parsed) return;
  const std::string printed = parsed->dump();
  const auto again = JsonValue::parse(printed);
  require(again && again->dump() == printed, "what was parsed is printed and parsed again");
}

}  // namespace
}  // namespace coldread::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  coldread::fuzz::Input whole(data, size);
  const std::string bytes = whole.rest().str();
  coldread::fuzz::check_text(bytes);
  coldread::fuzz::check_foreign_json(bytes);
  coldread::fuzz::Input input(data, size);
  coldread::fuzz::check_entry(input);
  return 0;
}
