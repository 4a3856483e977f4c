#include "core/report/report_records.hpp"

#include <utility>

#include "core/report/json_members.hpp"

namespace coldread::report {
namespace {

constexpr std::size_t kMostText = 8192;    // bytes of one text
constexpr std::size_t kMostWord = 15;      // of one of the schema's own words
constexpr std::size_t kMostStrings = 200;  // of one list

}  // namespace

std::string clipped(std::string text) {
  if (text.size() <= kMostText) return text;
  std::size_t end = kMostText;
  while (end != 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  const std::string more = std::to_string(text.size() - end);
  return text.substr(0, end) + "... (and " + more + " bytes more)";
}

BadRange to_bad_range(JsonValue value, std::string& malformed) {
  Members members(value, malformed, "pages.bad.");
  BadRange bad;
  bad.range = {members.number("offset"), members.number("length")};
  bad.step = members.text("step").substr(0, kMostWord);
  bad.reason = clipped(members.text("reason"));
  return bad;
}

Run to_run(JsonValue value, std::string& malformed) {
  Members members(value, malformed, "runs.");
  Run run;
  run.offset = members.number("offset");
  run.length = members.number("length");
  run.kind = members.text("kind").substr(0, kMostWord);
  if (const auto at = value.get("image_offset")) run.image_offset = at->number();
  return run;
}

TreeDamage to_tree_damage(JsonValue value, std::string& malformed) {
  Members members(value, malformed, "verity.tree.");
  TreeDamage out;
  out.range = {members.number("offset"), members.number("length")};
  out.level = members.number32("level");
  out.index = members.number("index");
  if (auto covers = members.object("covers")) {
    Members range(*covers, malformed, "verity.tree.covers.");
    out.covers = {range.number("offset"), range.number("length")};
  }
  out.recomputed = members.flag("recomputed");
  out.reason = clipped(members.maybe_text("reason").value_or(""));
  return out;
}

Policy to_policy(JsonValue value, std::string& malformed) {
  Members members(value, malformed, "policies.");
  Policy out;
  out.version = static_cast<int>(members.number32("version"));
  out.master_key = clipped(members.text("master_key"));
  out.contents = clipped(members.text("contents"));
  out.filenames = clipped(members.text("filenames"));
  out.key = clipped(members.text("key"));
  out.key_proof = clipped(members.maybe_text("key_proof").value_or(""));
  out.entries = members.number("entries");
  out.problem = clipped(members.maybe_text("problem").value_or(""));
  return out;
}

Replay to_replay(JsonValue value, std::string& malformed) {
  Members members(value, malformed, "replay.");
  const auto count = [&](const char* key) { return value.has(key) ? members.number(key) : 0; };
  Replay out;
  if (!value.has("needed")) members.blame("needed");
  out.needed = members.flag("needed");
  out.kind = clipped(members.maybe_text("kind").value_or(""));
  out.applied = members.number("applied");
  out.transactions = count("transactions");
  out.revoked = count("revoked");
  out.blocks = count("blocks");
  out.inodes_total = count("inodes_total");
  out.fast_commits = count("fast_commits");
  out.orphans_truncated = count("orphans_truncated");
  out.orphans_removed = count("orphans_removed");
  out.names = count("names");
  return out;
}

Summary to_summary(JsonValue value, std::string& malformed) {
  Members members(value, malformed, "summary.");
  Summary out;
  out.files = members.number("files");
  out.directories = members.number("directories");
  out.symlinks = members.number("symlinks");
  out.other = members.number("other");
  out.bytes = members.number("bytes");
  out.ok = members.number("ok");
  out.damaged = members.number("damaged");
  out.locked = members.number("locked");
  out.skipped = members.number("skipped");
  out.error = members.number("error");
  if (value.has("recovered")) out.recovered = members.number("recovered");
  JsonValue verity = members.object("verity").value_or(JsonValue::object());
  Members of_verity(verity, malformed, "summary.verity.");
  out.verified = of_verity.number("verified");
  out.mismatch = of_verity.number("mismatch");
  out.malformed = of_verity.number("malformed");
  JsonValue pages = members.object("pages").value_or(JsonValue::object());
  Members of_pages(pages, malformed, "summary.pages.");
  out.pages_total = of_pages.number("total");
  out.pages_bad = of_pages.number("bad");
  return out;
}

std::optional<PartitionInfo> to_partition(JsonValue value, std::string& malformed) {
  if (!value.is_object()) {
    if (value.dump() != "null") malformed = "partition";
    return std::nullopt;
  }
  Members members(value, malformed, "partition.");
  return PartitionInfo{members.number("number"), clipped(members.text("label")), clipped(members.text("uuid")),
                       members.number("offset"), members.number("size")};
}

Image to_image(JsonValue value, std::string& malformed) {
  Members members(value, malformed, "image.");
  Image out;
  out.path = clipped(members.text("path"));
  out.size = members.number("size");
  out.format = clipped(members.text("format"));
  if (const auto hash = value.get("sha256")) out.sha256 = hash->text();
  return out;
}

std::vector<std::string> to_strings(const JsonValue& value, const char* key, std::string& malformed) {
  std::vector<std::string> out;
  const bool all = value.each([&](const JsonValue& element) {
    const auto text = element.text();
    if (text && out.size() < kMostStrings) out.push_back(clipped(*text));
    return text.has_value();
  });
  if (!all) malformed = key;
  return out;
}

RunInfo to_run_info(JsonValue value, std::string& malformed) {
  Members members(value, malformed, "run.");
  RunInfo out;
  out.started = clipped(members.text("started"));
  out.finished = clipped(members.text("finished"));
  out.jobs = members.number32("jobs");
  out.arguments = to_strings(value.get("arguments").value_or(JsonValue()), "run.arguments", malformed);
  return out;
}

}  // namespace coldread::report
