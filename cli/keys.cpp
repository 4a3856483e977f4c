#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/policies.hpp"
#include "cli/session.hpp"
#include "core/base/text.hpp"
#include "core/report/json.hpp"

namespace coldread::cli {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += " " + word;
  return text;
}

}  // namespace

int keys(const Arguments& arguments, Io& io) {
  auto session = open_session(arguments, io);
  if (!session) {
    complain(io, session.error().message());
    return exit_code_of(session.error().kind);
  }
  bool missing = false;
  report::JsonValue all = report::JsonValue::array();
  for (const fs::Found& found : session->contents.filesystems) {
    if (!found.volume) continue;
    const std::string prefix = session->contents.filesystems.size() > 1 ? partition_name(found) + ": " : "";
    const auto policies = find_policies(*found.volume, *session->keys);
    report::JsonValue list = report::JsonValue::array();
    if (policies.empty() && !arguments.json) io.out << prefix << "no encryption policy is in use\n";
    for (const report::Policy& policy : policies) {
      const std::string origin =
          session->keys->origin_of(from_hex(policy.master_key).value_or(Bytes()), found.volume->facts().uuid);
      missing = missing || policy.key == "missing";
      if (arguments.json) {
        auto value = report::to_json(policy);
        if (!origin.empty()) value.set("opened_by", origin);
        list.append(std::move(value));
        continue;
      }
      const std::uint64_t count = policy.entries.value_or(0);
      io.out << prefix << "v" << policy.version << " key " << policy.master_key << ": " << policy.contents << ", "
             << policy.filenames << ", padding " << policy.padding << ", data unit " << policy.data_unit_size
             << joined(policy.flags) << "; " << count << (count == 1 ? " entry; " : " entries; ")
             << (policy.key == "supplied" ? "opened by " + shown(origin, io.out_is_terminal) : "key missing")
             << (policy.key_proven == false ? " (not proven)" : "") << '\n';
    }
    if (arguments.json) {
      auto value = report::to_json(filesystem_record(found, page_size_for(arguments, *found.volume)));
      value.set("policies", std::move(list));
      all.append(std::move(value));
    }
  }
  if (arguments.json) io.out << report::JsonValue::object().set("filesystems", std::move(all)).dump(2) << '\n';
  name_unused_keys(*session, arguments, io);
  return missing ? kFindings : kOk;
}

}  // namespace coldread::cli
