#include <utility>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/policies.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"
#include "core/base/text.hpp"
#include "core/report/json.hpp"

namespace coldread::cli {
namespace {

report::JsonValue table_json(const fs::PartitionTable& table) {
  report::JsonValue list = report::JsonValue::array();
  for (const fs::Partition& p : table.partitions) {
    auto value = report::to_json(report::PartitionInfo{p.number, p.label, p.uuid, p.offset, p.size});
    value.set("type", p.type);
    list.append(std::move(value));
  }
  auto json = report::JsonValue::object();
  json.set("type", table.type).set("sector_size", table.sector_size).set("partitions", std::move(list));
  return json;
}

report::JsonValue filesystem_json(const fs::Found& found, const std::vector<report::Policy>& policies,
                                  std::uint32_t page_size) {
  auto json = report::to_json(filesystem_record(found, page_size));
  json.set("offset", found.offset).set("size", found.volume->facts().size);
  auto details = report::JsonValue::object();
  for (const auto& [name, value] : found.volume->facts().details) details.set(name, value);
  json.set("superblock", std::move(details));
  auto list = report::JsonValue::array();
  for (const report::Policy& policy : policies) list.append(report::to_json(policy));
  json.set("policies", std::move(list));
  return json;
}

std::string orphans_text(const volume::ReplayFacts& replay) {
  std::string text;
  if (replay.orphans_truncated != 0) text += "; " + std::to_string(replay.orphans_truncated) + " orphans truncated";
  if (replay.orphans_removed != 0) text += "; " + std::to_string(replay.orphans_removed) + " orphans removed";
  return text;
}

std::string replay_text(const volume::ReplayFacts& replay) {
  if (!replay.needed) return "not needed" + orphans_text(replay);
  if (replay.applied == 0) return replay.kind + " needed, nothing applied: read as it lies";
  if (replay.kind == "roll-forward") {
    return "roll-forward applied in memory: " + std::to_string(replay.applied) + " nodes of " +
           std::to_string(replay.inodes_total) + " inodes, " + std::to_string(replay.names) +
           " names added to directories" + orphans_text(replay);
  }
  const bool fast = replay.kind == "fast-commit";
  return replay.kind + " applied in memory: " + std::to_string(replay.applied) +
         (fast ? " tags of " + std::to_string(replay.fast_commits) + " fast commits, after " : " block copies of ") +
         std::to_string(replay.transactions) + " transactions, " + std::to_string(replay.revoked) + " revoked; " +
         std::to_string(replay.blocks) + " blocks and " + std::to_string(replay.inodes_total) +
         " inodes differ from the image" + orphans_text(replay);
}

void print_filesystem(const fs::Found& found, const std::vector<report::Policy>& policies, Io& io) {
  const volume::VolumeFacts& facts = found.volume->facts();
  io.out << '\n'
         << facts.type << (found.partition ? " on partition " + std::to_string(found.partition->number) : "")
         << ", at byte " << found.offset << '\n'
         << "  uuid:        " << format_uuid(facts.uuid) << '\n'
         << "  label:       " << shown(facts.label, io.out_is_terminal) << '\n'
         << "  size:        " << facts.size << " bytes (" << human_size(facts.size) << ")\n"
         << "  block size:  " << facts.block_size << '\n'
         << "  features:   ";
  for (const std::string& feature : facts.features) io.out << ' ' << feature;
  io.out << "\n  replay:      " << replay_text(facts.replay) << '\n';
  for (const auto& [name, value] : facts.details) {
    io.out << "  " << name << ": " << shown(value, io.out_is_terminal) << '\n';
  }
  for (const Finding& finding : facts.findings)
    io.out << "  finding:     " << shown(finding, io.out_is_terminal) << '\n';
  for (const report::Policy& policy : policies) {
    const std::uint64_t count = policy.entries.value_or(0);
    io.out << "  policy:      v" << policy.version << ", key " << policy.master_key << " (" << policy.key << "), "
           << policy.contents << ", " << policy.filenames << ", padding " << policy.padding << ", " << count
           << " entries\n";
  }
}

}  // namespace

int info(const Arguments& arguments, Io& io) {
  auto session = open_session(arguments, io);
  if (!session) {
    complain(io, session.error().message());
    return exit_code_of(session.error().kind);
  }
  const fs::PartitionTable& table = session->contents.table;
  const char* format = session->image->is_device() ? "device" : "raw";
  auto filesystems = report::JsonValue::array();
  bool findings = false;
  if (!arguments.json) {
    io.out << shown(arguments.image, io.out_is_terminal) << ": " << format << ", " << session->image->size()
           << " bytes (" << human_size(session->image->size()) << ")\n";
    if (!table.type.empty()) {
      io.out << "partition table: " << table.type << ", sectors of " << table.sector_size << " bytes\n";
    }
    for (const fs::Partition& p : table.partitions) {
      io.out << "  " << p.number << ": at byte " << p.offset << ", " << human_size(p.size) << ", type " << p.type << ' '
             << shown(p.label, io.out_is_terminal) << '\n';
    }
  }
  for (const fs::Found& found : session->contents.filesystems) {
    findings = findings || found.error.has_value();
    if (!found.volume) continue;
    findings = findings || !found.volume->facts().findings.empty();
    const auto policies = find_policies(*found.volume, *session->keys, io.interrupt);
    if (io.interrupt) return kInterrupted;  // not all entries were counted
    if (arguments.json) {
      filesystems.append(filesystem_json(found, policies, page_size_for(arguments, *found.volume)));
    } else {
      print_filesystem(found, policies, io);
    }
  }
  if (arguments.json) {
    auto image = report::JsonValue::object();
    image.set("path", arguments.image).set("size", session->image->size()).set("format", format);
    auto json = report::JsonValue::object();
    json.set("image", std::move(image)).set("table", table_json(table)).set("filesystems", std::move(filesystems));
    io.out << json.dump(2) << '\n';
  }
  name_unused_keys(*session, arguments, io);
  return findings ? kFindings : kOk;
}

}  // namespace coldread::cli
