#include "core/report/sidecar.hpp"

#include <utility>

#include "core/report/json_members.hpp"
#include "core/report/json_value.hpp"
#include "core/report/schema.hpp"

namespace coldread::report {
namespace {

constexpr std::size_t kMostFilesystems = 1000;

CiphertextFile read_file(Members& members, std::string& malformed) {
  CiphertextFile file;
  file.size = members.number("size");
  file.sha256 = members.text("sha256");
  members.each("runs", true, [&](JsonValue element) {
    Members run(element, malformed, "ciphertext.runs.");
    Run out;
    out.offset = run.number("offset");
    out.length = run.number("length");
    out.kind = run.text("kind");
    file.runs.push_back(std::move(out));
  });
  members.each("bad", false, [&](JsonValue element) {
    Members bad(element, malformed, "ciphertext.bad.");
    file.bad.push_back({{bad.number("offset"), bad.number("length")}, bad.text("step"), bad.text("reason")});
  });
  file.clusters_checksummed = members.flag("clusters_checksummed");
  auto verity = members.object("verity");
  file.verity = verity.has_value();
  if (verity && !verity->keys().empty()) {
    Members place(*verity, malformed, "ciphertext.verity.");
    file.place = {place.number("tree_offset"), place.number("tree_space"), place.number("descriptor_offset"),
                  place.number32("descriptor_size")};
  }
  return file;
}

Ciphertext read_ciphertext(JsonValue& json, std::string& malformed) {
  Ciphertext out;
  Members members(json, malformed, "ciphertext.");
  out.context = members.maybe_text("context");
  out.target = members.maybe_bytes("target");
  if (auto name = members.object("name")) {
    Members of_name(*name, malformed, "ciphertext.name.");
    out.name = {of_name.maybe_bytes("bytes").value_or(""), of_name.number("directory"), of_name.text("context")};
  }
  if (json.has("size")) out.file = read_file(members, malformed);
  members.each("problems", false, [&](const JsonValue& element) {
    if (const auto text = element.text()) out.problems.push_back(*text);
  });
  return out;
}

SidecarEntry read_entry(JsonValue json, std::size_t filesystem) {
  SidecarEntry entry;
  entry.filesystem = filesystem;
  Members members(json, entry.malformed, "");
  const auto raw = [&](const char* bytes_key, const char* key) {
    const auto bytes = members.maybe_bytes(bytes_key);
    return bytes ? *bytes : members.maybe_text(key).value_or("");
  };
  entry.path = raw("path_bytes", "path");
  entry.written_as = raw("written_as_bytes", "written_as");
  entry.type = members.maybe_text("type").value_or("");
  entry.inode = members.number("inode");
  if (json.has("size")) entry.size = members.number("size");
  entry.recovered = json.has("recovered");
  if (auto compression = members.object("compression")) {
    Members of(*compression, entry.malformed, "compression.");
    entry.compression = {of.text("algorithm"), of.number32("cluster_size")};
  }
  auto ciphertext = members.object("ciphertext");
  if (ciphertext) entry.ciphertext = read_ciphertext(*ciphertext, entry.malformed);
  return entry;
}

tl::unexpected<Error> no_report(const std::string& why) {
  return fail(ErrorKind::kCorrupt, {}, "is no report of coldread: " + why);
}

}  // namespace

Result<Sidecar> read_sidecar(std::istream& text, const WantedEntry& wanted) {
  using Place = JsonValue::Place;
  using Wish = JsonValue::Wish;
  Sidecar sidecar;
  std::string schema;
  bool too_many = false;
  const auto wish = [&](const Place& place) {
    if (place.empty()) return Wish::kEnter;
    if (place.front() != "filesystems") return place.front() == "schema" ? Wish::kTake : Wish::kSkip;
    if (place.size() == 1) return Wish::kEnter;
    if (place.size() == 2) {
      too_many = sidecar.filesystems.size() == kMostFilesystems;
      if (too_many) return Wish::kSkip;
      sidecar.filesystems.emplace_back();
      return Wish::kEnter;
    }
    const std::string& key = place[2];
    if (key == "entries") return place.size() == 3 ? Wish::kEnter : Wish::kTake;
    return key == "partition" || key == "type" || key == "uuid" || key == "block_size" ? Wish::kTake : Wish::kSkip;
  };
  const auto taken = [&](const Place& place, JsonValue value) -> Result<void> {
    if (place.size() == 1) {
      schema = value.text().value_or("");
      if (schema != kSchemaName) return no_report("its schema is not " + std::string(kSchemaName));
      return {};
    }
    SidecarFilesystem& filesystem = sidecar.filesystems.back();
    if (place.size() == 3) {
      if (place[2] == "type") filesystem.type = value.text().value_or("");
      if (place[2] == "uuid") filesystem.uuid = value.text().value_or("");
      if (place[2] == "partition") {
        const auto partition = value.get("number");
        if (partition) filesystem.partition = partition->number();
      }
      const std::uint64_t number = value.number().value_or(0);
      if (place[2] == "block_size") filesystem.block_size = number < 1U << 31 ? static_cast<std::uint32_t>(number) : 0;
      return {};
    }
    SidecarEntry entry = read_entry(std::move(value), sidecar.filesystems.size() - 1);
    if (entry.ciphertext && entry.ciphertext->file) ++sidecar.with_ciphertext;
    if (!wanted(filesystem, entry)) return {};
    sidecar.more = sidecar.entries.size() == Sidecar::kMost;
    if (!sidecar.more) sidecar.entries.push_back(std::move(entry));
    return {};
  };
  if (auto done = JsonValue::stream(text, {}, wish, taken); !done) {
    if (done.error().kind == ErrorKind::kCorrupt) return fail(std::move(done.error()));
    return no_report(done.error().what);
  }
  if (too_many) return no_report("it tells of more than " + std::to_string(kMostFilesystems) + " filesystems");
  if (schema.empty()) return no_report("it does not say that its schema is " + std::string(kSchemaName));
  return sidecar;
}

}  // namespace coldread::report
