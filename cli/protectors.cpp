#include "cli/protectors.hpp"

#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/joined.hpp"
#include "core/base/text.hpp"

namespace coldread::cli {
namespace {

using extract::FscryptTool;
using extract::StoredPolicy;
using extract::StoredProtector;
using report::JsonValue;

/// Of how many protectors a policy's line tells, and of how many keys a protector's.
constexpr std::size_t kMostWays = 8;
constexpr std::size_t kMostKeys = 100;

/// What there is of each protector, by its descriptor.
struct Index {
  explicit Index(const FscryptTool& tool) {
    for (const StoredPolicy& stored : tool.policies()) {
      std::set<std::string_view> told;
      for (const auto& key : stored.policy.keys) {
        if (told.insert(key.protector).second) keys[key.protector].push_back(stored.policy.key);
      }
    }
    for (const extract::StoredLink& link : tool.links())
      links.emplace(std::pair(link.at.place, link.descriptor), &link);
  }
  /// The keys of the policies that a protector keeps.
  [[nodiscard]] const std::vector<std::string>& keys_of(const std::string& protector) const {
    static const std::vector<std::string> kNone;
    const auto found = keys.find(protector);
    return found == keys.end() ? kNone : found->second;
  }
  /// The link by which a protector's own filesystem is known where the policy is, or null.
  [[nodiscard]] const extract::StoredLink* link_to(const StoredPolicy& policy, const std::string& protector) const {
    const auto found = links.find({policy.at.place, protector});
    return found == links.end() ? nullptr : found->second;
  }

  std::map<std::string, std::vector<std::string>> keys;
  std::map<std::pair<std::string, std::string>, const extract::StoredLink*> links;  ///< by place too
};

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

JsonValue json_of(const Index& index, const StoredProtector& stored) {
  const fscrypt::Protector& protector = stored.protector;
  JsonValue value = JsonValue::object();
  value.set("descriptor", protector.descriptor).set("name", protector.name);
  switch (protector.source) {
    case fscrypt::ProtectorSource::kLogin: value.set("source", "login_passphrase").set("uid", protector.uid); break;
    case fscrypt::ProtectorSource::kPassphrase: value.set("source", "custom_passphrase"); break;
    case fscrypt::ProtectorSource::kRawKey: value.set("source", "raw_key"); break;
  }
  value.set("filesystem", stored.at.place).set("path", stored.at.path);
  value.set("policies", JsonValue::strings(index.keys_of(protector.descriptor)));
  if (!stored.opened_by.empty()) value.set("opened_by", stored.opened_by);
  return value;
}

JsonValue json_of(const FscryptTool& tool, const Index& index, const StoredPolicy& stored) {
  JsonValue value = JsonValue::object();
  value.set("master_key", stored.policy.key).set("version", stored.policy.version);
  value.set("filesystem", stored.at.place).set("path", stored.at.path);
  JsonValue protectors = JsonValue::array();
  for (const auto& key : stored.policy.keys) {
    JsonValue one =
        JsonValue::object().set("descriptor", key.protector).set("found", !tool.find(key.protector).empty());
    if (const extract::StoredLink* link = index.link_to(stored, key.protector)) {
      one.set("linked_to", JsonValue::object().set("uuid", link->link.uuid).set("mountpoint", link->link.mountpoint));
    }
    protectors.append(std::move(one));
  }
  value.set("protectors", std::move(protectors));
  if (!stored.opened_by.empty()) value.set("opened_by", stored.opened_by);
  return value;
}

std::string line_of(const Index& index, const StoredProtector& stored) {
  auto keys = index.keys_of(stored.protector.descriptor);
  if (keys.size() > kMostKeys) {
    const std::string more = "and " + std::to_string(keys.size() - kMostKeys) + " more";
    keys.resize(kMostKeys);
    keys.push_back(more);
  }
  return stored.at.text() + ": " + stored.title() + ": " + stored.protector.source_text() + "; " +
         (keys.empty() ? "keeps no policy's key" : "keeps key " + joined(keys, ", ")) + "; " +
         (stored.opened_by.empty() ? "not opened" : "opened by " + stored.opened_by);
}

std::string line_of(const FscryptTool& tool, const Index& index, const fscrypt::KeyRing& keys,
                    const StoredPolicy& stored) {
  std::string text =
      stored.at.text() + ": v" + std::to_string(stored.policy.version) + " key " + stored.policy.key + ": ";
  if (!stored.opened_by.empty()) return text + "opened by " + stored.opened_by;
  if (keys.find(from_hex(stored.policy.key).value_or(Bytes())) != nullptr) return text + "its key is given";
  std::vector<std::string> ways;
  std::set<std::string> told;
  for (const auto& key : stored.policy.keys) {
    if (!told.insert(key.protector).second) continue;
    if (ways.size() >= kMostWays) {
      ways.emplace_back("and by others");
      break;
    }
    const auto found = tool.find(key.protector);
    for (const StoredProtector* protector : found) ways.push_back(protector->title() + " by " + wanted(*protector));
    if (found.empty()) {
      ways.push_back("protector (" + key.protector + "), which is " + elsewhere(index.link_to(stored, key.protector)));
    }
  }
  return text + (ways.empty() ? "no protector keeps it" : "to be opened by " + joined(ways, ", "));
}

}  // namespace

bool list_protectors(const FscryptTool& tool, const fscrypt::KeyRing& keys, JsonValue* json, Io& io) {
  const Index index(tool);
  if (json == nullptr) {
    for (const StoredProtector& stored : tool.protectors()) {
      io.out << shown(line_of(index, stored), io.out_is_terminal) << '\n';
    }
    for (const StoredPolicy& stored : tool.policies()) {
      io.out << shown(line_of(tool, index, keys, stored), io.out_is_terminal) << '\n';
    }
    return tool.findings().empty();
  }
  JsonValue protectors = JsonValue::array();
  for (const StoredProtector& stored : tool.protectors()) protectors.append(json_of(index, stored));
  JsonValue policies = JsonValue::array();
  for (const StoredPolicy& stored : tool.policies()) policies.append(json_of(tool, index, stored));
  json->set("protectors", std::move(protectors)).set("protected_policies", std::move(policies));
  if (!tool.findings().empty()) json->set("protector_problems", JsonValue::strings(tool.findings()));
  return tool.findings().empty();
}

}  // namespace coldread::cli
