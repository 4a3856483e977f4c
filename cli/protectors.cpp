#include "cli/protectors.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include "core/base/text.hpp"

namespace coldread::cli {
namespace {

using extract::FscryptTool;
using extract::StoredPolicy;
using extract::StoredProtector;
using report::JsonValue;

/// Of how many protectors a policy's line tells.
constexpr std::size_t kMostWays = 8;

/// The keys of the policies that a protector keeps.
std::vector<std::string> keys_of(const FscryptTool& tool, const std::string& protector) {
  std::vector<std::string> keys;
  for (const StoredPolicy& stored : tool.policies()) {
    const auto& kept = stored.policy.keys;
    const bool keeps =
        std::any_of(kept.begin(), kept.end(), [&](const auto& key) { return key.protector == protector; });
    if (keeps) keys.push_back(stored.policy.key);
  }
  return keys;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// The link by which a protector's own filesystem is known where the policy is, or null.
const extract::StoredLink* link_to(const FscryptTool& tool, const StoredPolicy& policy, const std::string& protector) {
  const auto& links = tool.links();
  const auto found = std::find_if(links.begin(), links.end(), [&](const extract::StoredLink& link) {
    return link.descriptor == protector && link.at.place == policy.at.place;
  });
  return found == links.end() ? nullptr : &*found;
}

/// Where a protector that is not on the image is said to be.
std::string elsewhere(const extract::StoredLink* link) {
  if (link == nullptr) return "not on the image";
  std::string text = "not on the image but on the filesystem";
  if (!link->link.uuid.empty()) text += " " + link->link.uuid;
  if (!link->link.mountpoint.empty()) text += " that was mounted at " + link->link.mountpoint;
  return text;
}

/// What to give so that a protector opens.
std::string wanted(const StoredProtector& stored) {
  return stored.protector.source == fscrypt::ProtectorSource::kRawKey
             ? "its raw key (--key)"
             : "its " + stored.protector.source_text() + " (--passphrase-file)";
}

JsonValue json_of(const FscryptTool& tool, const StoredProtector& stored) {
  const fscrypt::Protector& protector = stored.protector;
  JsonValue value = JsonValue::object();
  value.set("descriptor", protector.descriptor).set("name", protector.name);
  switch (protector.source) {
    case fscrypt::ProtectorSource::kLogin: value.set("source", "login_passphrase").set("uid", protector.uid); break;
    case fscrypt::ProtectorSource::kPassphrase: value.set("source", "custom_passphrase"); break;
    case fscrypt::ProtectorSource::kRawKey: value.set("source", "raw_key"); break;
  }
  value.set("filesystem", stored.at.place).set("path", stored.at.path);
  value.set("policies", JsonValue::strings(keys_of(tool, protector.descriptor)));
  if (!stored.opened_by.empty()) value.set("opened_by", stored.opened_by);
  return value;
}

JsonValue json_of(const FscryptTool& tool, const StoredPolicy& stored) {
  JsonValue value = JsonValue::object();
  value.set("master_key", stored.policy.key).set("version", stored.policy.version);
  value.set("filesystem", stored.at.place).set("path", stored.at.path);
  JsonValue protectors = JsonValue::array();
  for (const auto& key : stored.policy.keys) {
    JsonValue one =
        JsonValue::object().set("descriptor", key.protector).set("found", !tool.find(key.protector).empty());
    if (const extract::StoredLink* link = link_to(tool, stored, key.protector)) {
      one.set("linked_to", JsonValue::object().set("uuid", link->link.uuid).set("mountpoint", link->link.mountpoint));
    }
    protectors.append(std::move(one));
  }
  value.set("protectors", std::move(protectors));
  if (!stored.opened_by.empty()) value.set("opened_by", stored.opened_by);
  return value;
}

std::string line_of(const FscryptTool& tool, const StoredProtector& stored) {
  const auto keys = keys_of(tool, stored.protector.descriptor);
  return stored.at.text() + ": " + stored.title() + ": " + stored.protector.source_text() + "; " +
         (keys.empty() ? "keeps no policy's key" : "keeps key " + joined(keys)) + "; " +
         (stored.opened_by.empty() ? "not opened" : "opened by " + stored.opened_by);
}

std::string line_of(const FscryptTool& tool, const fscrypt::KeyRing& keys, const StoredPolicy& stored) {
  std::string text =
      stored.at.text() + ": v" + std::to_string(stored.policy.version) + " key " + stored.policy.key + ": ";
  if (!stored.opened_by.empty()) return text + "opened by " + stored.opened_by;
  if (keys.find(from_hex(stored.policy.key).value_or(Bytes())) != nullptr) return text + "its key is given";
  std::vector<std::string> ways;
  std::set<std::string> told;
  for (const auto& key : stored.policy.keys) {
    if (!told.insert(key.protector).second || told.size() > kMostWays) continue;
    const auto found = tool.find(key.protector);
    for (const StoredProtector* protector : found) ways.push_back(protector->title() + " by " + wanted(*protector));
    if (found.empty()) {
      ways.push_back("protector (" + key.protector + "), which is " + elsewhere(link_to(tool, stored, key.protector)));
    }
  }
  return text + (ways.empty() ? "no protector keeps it" : "to be opened by " + joined(ways));
}

}  // namespace

bool list_protectors(const FscryptTool& tool, const fscrypt::KeyRing& keys, JsonValue* json, Io& io) {
  if (json == nullptr) {
    for (const StoredProtector& stored : tool.protectors()) {
      io.out << shown(line_of(tool, stored), io.out_is_terminal) << '\n';
    }
    for (const StoredPolicy& stored : tool.policies()) {
      io.out << shown(line_of(tool, keys, stored), io.out_is_terminal) << '\n';
    }
    return tool.findings().empty();
  }
  JsonValue protectors = JsonValue::array();
  for (const StoredProtector& stored : tool.protectors()) protectors.append(json_of(tool, stored));
  JsonValue policies = JsonValue::array();
  for (const StoredPolicy& stored : tool.policies()) policies.append(json_of(tool, stored));
  json->set("protectors", std::move(protectors)).set("protected_policies", std::move(policies));
  return tool.findings().empty();
}

}  // namespace coldread::cli
