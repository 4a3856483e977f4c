#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/policies.hpp"
#include "cli/protectors.hpp"
#include "cli/session.hpp"
#include "core/report/json.hpp"

namespace coldread::cli {
namespace {

/// Where the key of that name came from; one that was given for a descriptor comes first, as in the ring.
std::string origin_of(const fscrypt::KeyRing& keys, const std::string& name) {
  std::string origin;
  for (const fscrypt::GivenKey& key : keys.given()) {
    if (key.identifier_hex.empty() && key.descriptor_hex == name) return key.origin;
    if (origin.empty() && (key.identifier_hex == name || key.descriptor_hex == name)) origin = key.origin;
  }
  return origin;
}

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
      const std::string origin = origin_of(*session->keys, policy.master_key);
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
  report::JsonValue whole = report::JsonValue::object().set("filesystems", std::move(all));
  report::JsonValue* const json = arguments.json ? &whole : nullptr;
  if (!list_protectors(session->image_keys.fscrypt_tool, *session->keys, json, io)) missing = true;
  if (arguments.json) io.out << whole.dump(2) << '\n';
  name_unused_keys(*session, arguments, io);
  return missing ? kFindings : kOk;
}

}  // namespace coldread::cli
