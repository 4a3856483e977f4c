#include <utility>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/listing.hpp"
#include "cli/one_path.hpp"
#include "core/base/text.hpp"
#include "core/extract/signature_record.hpp"
#include "core/report/json.hpp"
#include "core/report/time.hpp"

namespace coldread::cli {
namespace {

/// How the file's bytes lie: a count and a sum for each kind. Of a compressed file as it is stored: the sum of
/// `compressed` is of compressed bytes, in whole blocks, and the rest of their clusters is holes.
struct MapSummary {
  struct Kind {
    std::uint64_t extents = 0;
    std::uint64_t bytes = 0;
  };
  Kind stored, hole, unwritten, inline_data, compressed;
  std::uint64_t mapped_end = 0;
  std::uint64_t faults = 0;
};

MapSummary summarise(const read::FileMap& map) {
  MapSummary summary;
  summary.mapped_end = map.mapped_end();
  for (std::uint64_t at = 0; at < map.mapped_end();) {
    const read::MapPiece piece = map.piece(at, map.mapped_end());
    for (const read::Extent& extent : piece.extents) {
      MapSummary::Kind* kind = &summary.hole;
      if (extent.kind == read::ExtentKind::kStored) kind = &summary.stored;
      if (extent.kind == read::ExtentKind::kUnwritten) kind = &summary.unwritten;
      if (extent.kind == read::ExtentKind::kInline) kind = &summary.inline_data;
      if (extent.kind == read::ExtentKind::kCompressed) kind = &summary.compressed;
      ++kind->extents;
      kind->bytes += extent.length;
    }
    summary.faults += piece.faults.size();
    at = piece.end;
  }
  return summary;
}

report::JsonValue kind_json(const MapSummary::Kind& kind) {
  auto json = report::JsonValue::object();
  json.set("extents", kind.extents).set("bytes", kind.bytes);
  return json;
}

report::JsonValue map_json(const MapSummary& map) {
  auto json = report::JsonValue::object();
  json.set("mapped_end", map.mapped_end).set("stored", kind_json(map.stored)).set("hole", kind_json(map.hole));
  json.set("unwritten", kind_json(map.unwritten)).set("inline", kind_json(map.inline_data));
  if (map.compressed.extents != 0) json.set("compressed", kind_json(map.compressed));
  json.set("faults", map.faults);
  return json;
}

/// The verity descriptor as it is, nothing verified.
report::JsonValue descriptor_json(const extract::VerityPlan& plan) {
  auto json = report::JsonValue::object();
  if (!plan.descriptor) {
    json.set("malformed", plan.malformed);
    return json;
  }
  json.set("algorithm", verity::algorithm_name(plan.descriptor->algorithm));
  json.set("block_size", plan.descriptor->block_size).set("salt", to_hex(plan.descriptor->salt));
  json.set("data_size", plan.descriptor->data_size).set("root_hash", to_hex(plan.descriptor->root_hash));
  json.set("digest", to_hex(plan.file_digest)).set("signature_size", plan.descriptor->signature.size());
  const auto signature = verity::check_signature(*plan.descriptor, plan.file_digest, verity::TrustStore());
  json.set("signature", std::string(verity::to_string(signature.status)));
  if (signature.signer) json.set("signer", report::to_json(extract::signer_record(*signature.signer)));
  if (!signature.reason.empty()) json.set("signature_problem", signature.reason);
  return json;
}

// NOLINTNEXTLINE(misc-no-recursion): its depth is that of the object that this file builds
void print_members(const report::JsonValue& object, const std::string& indent, Io& io) {
  for (const std::string& key : object.keys()) {
    const auto value = object.get(key);
    if (!value) continue;
    if (value->is_object()) {
      io.out << indent << key << ":\n";
      print_members(*value, indent + "  ", io);
    } else {
      const auto text = value->text();
      io.out << indent << key << ": " << (text ? shown(*text, io.out_is_terminal) : value->dump()) << '\n';
    }
  }
}

}  // namespace

int stat(const Arguments& arguments, Io& io) {
  auto at = open_one_path(arguments, io);
  if (!at) {
    complain(io, at.error().message());
    return exit_code_of(at.error().kind);
  }
  extract::PolicyTable policies;
  const report::Entry entry = describe_whole(at->volume(), at->item, policies);
  auto json = report::to_json(entry);
  if (!policies.records().empty()) json.set("policy", report::to_json(policies.records().front()));
  if (at->item.inode && !at->item.error) {
    const volume::FileType type = at->item.inode->facts().type;
    const bool has_map =
        type == volume::FileType::kFile || type == volume::FileType::kDir || type == volume::FileType::kSymlink;
    if (has_map) {
      if (const auto map = at->item.inode->map()) {
        json.set("map", map_json(summarise(*map)));
      } else {
        json.set("map", report::JsonValue::object().set("error", map.error().message()));
      }
    }
    if (at->item.inode->facts().verity) {
      if (auto plan = plan_file(*at)) json.set("verity_descriptor", descriptor_json(*plan->verity));
    }
  }
  if (arguments.json) {
    io.out << json.dump(2) << '\n';
  } else {
    io.out << mode_text(entry) << ' ' << '/' << shown(entry.path, io.out_is_terminal) << '\n';
    print_members(json, "  ", io);
  }
  name_unused_keys(at->session, arguments, io);
  return at->exit_code(entry.status.empty() || entry.status == "ok" ? kOk : kFindings);
}

}  // namespace coldread::cli
