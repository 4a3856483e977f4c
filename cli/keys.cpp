#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/listing.hpp"
#include "cli/policies.hpp"
#include "cli/protectors.hpp"
#include "cli/session.hpp"
#include "cli/vold_keys.hpp"
#include "core/base/joined.hpp"
#include "core/base/text.hpp"
#include "core/report/json.hpp"

namespace coldread::cli {
namespace {

/// Whether a given key opens a policy, and how that is known.
std::string key_text(const PolicyUse& use, const std::string& origin, bool to_terminal) {
  const report::Policy& policy = use.policy;
  const std::string why = policy.problem.empty() ? "" : ": " + shown(policy.problem, to_terminal);
  if (policy.key == "missing") return "key missing" + why;
  const std::string from = shown(origin, to_terminal);
  if (use.opened == 0) return "not opened by " + from + why;
  std::string text = "opened by " + from + " (";
  text += policy.key_proof == "none" ? "not proven)" : "proven by its " + policy.key_proof + ")";
  return text + (why.empty() ? "" : ", but not all" + why);
}

void print(const PolicyUse& use, const std::string& prefix, const std::string& origin, Io& io) {
  const report::Policy& policy = use.policy;
  io.out << prefix << "v" << policy.version << " key " << policy.master_key << ": " << policy.contents << ", "
         << policy.filenames << ", padding " << policy.padding << ", data unit " << policy.data_unit_size
         << (policy.flags.empty() ? "" : " ") << joined(policy.flags, " ") << "; "
         << counted(policy.entries.value_or(0), "entry", "entries") << " (" << counted(use.files, "file", "files")
         << " of " << counted(use.bytes, "byte", "bytes") << ", "
         << counted(use.directories, "directory", "directories") << ", " << counted(use.symlinks, "symlink", "symlinks")
         << "); " << key_text(use, origin, io.out_is_terminal) << '\n';
}

report::JsonValue policy_json(const PolicyUse& use, const std::string& origin) {
  auto value = report::to_json(use.policy);
  value.set("files", use.files).set("directories", use.directories).set("symlinks", use.symlinks);
  value.set("bytes", use.bytes);
  if (!origin.empty() && use.opened != 0) value.set("opened_by", origin);
  return value;
}

report::JsonValue not_understood_json(const PolicyCensus& census) {
  auto list = report::JsonValue::array();
  for (const auto& [why, entries] : census.not_understood) {
    list.append(std::move(report::JsonValue::object().set("problem", why).set("entries", entries)));
  }
  return list;
}

report::JsonValue key_json(const fscrypt::GivenKey& key) {
  auto value = report::JsonValue::object();
  value.set("origin", key.origin);
  if (!key.identifier_hex.empty()) value.set("identifier", key.identifier_hex);
  if (!key.descriptor_hex.empty()) value.set("descriptor", key.descriptor_hex);
  value.set("used", key.used).set("proven", key.used && key.proven);
  if (!key.refused.empty()) value.set("problem", key.refused);
  return value;
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
    const PolicyCensus census = count_policies(*found.volume, *session->keys, io.interrupt);
    if (io.interrupt) return kInterrupted;  // not all entries were counted
    report::JsonValue list = report::JsonValue::array();
    for (const PolicyUse& use : census.policies) {
      const std::string origin =
          session->keys->origin_of(from_hex(use.policy.master_key).value_or(Bytes()), found.volume->facts().uuid);
      missing = missing || use.opened == 0;
      if (arguments.json) {
        list.append(policy_json(use, origin));
      } else {
        print(use, prefix, origin, io);
      }
    }
    missing = missing || !census.not_understood.empty();
    if (arguments.json) {
      auto value = report::to_json(filesystem_record(found, page_size_for(arguments, *found.volume)));
      value.set("policies", std::move(list)).set("not_understood", not_understood_json(census));
      all.append(std::move(value));
      continue;
    }
    for (const auto& [why, entries] : census.not_understood) {
      io.out << prefix << "no policy that is understood; " << counted(entries, "entry", "entries") << ": "
             << shown(why, io.out_is_terminal) << '\n';
    }
    if (census.policies.empty() && census.not_understood.empty()) {
      io.out << prefix << "no encryption policy is in use\n";
    }
  }
  auto given = report::JsonValue::array();
  const std::set<std::string> from_image = keys_from_image(*session);
  for (const fscrypt::GivenKey& key : session->keys->given()) {
    if (arguments.json) {
      given.append(key_json(key));
    } else if (!key.used && !from_image.contains(key.origin)) {
      io.out << shown(key.origin, io.out_is_terminal) << " (" << key.name() << ") opens nothing\n";
    }
  }
  auto whole = report::JsonValue::object();
  whole.set("filesystems", std::move(all)).set("keys", std::move(given));
  list_vold_keys(*session, arguments, io, whole);
  report::JsonValue* const json = arguments.json ? &whole : nullptr;
  if (!list_protectors(session->image_keys.fscrypt_tool, *session->keys, json, io)) missing = true;
  if (arguments.json) io.out << whole.dump(2) << '\n';
  name_unused_keys(*session, arguments, io);
  return missing ? kFindings : kOk;
}

}  // namespace coldread::cli
