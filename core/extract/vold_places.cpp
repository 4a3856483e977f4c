#include "core/extract/vold_places.hpp"

#include <algorithm>

namespace coldread::extract {
namespace {

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    parts.emplace_back(path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return parts;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.size() <= 10 && text.find_first_not_of("0123456789") == std::string::npos;
}

/// True where the parts begin with these; "#" stands for a number, "*" for anything.
bool match(const std::vector<std::string>& parts, const std::vector<std::string>& pattern) {
  return parts.size() == pattern.size() && std::equal(parts.begin(), parts.end(), pattern.begin(),
                                                      [](const std::string& part, const std::string& wanted) {
                                                        return wanted == "*" ||
                                                               (wanted == "#" ? is_number(part) : part == wanted);
                                                      });
}

}  // namespace

std::vector<std::string> vold_places(const std::set<std::string>& users) {
  std::vector<std::string> places;
  for (const std::string top : {"", "data/"}) {
    places.push_back(top + "unencrypted/key");
    places.push_back(top + "misc/vold/user_keys");
    places.push_back(top + "misc/vold/volume_keys");
    for (const std::string& user : users) {
      places.push_back(top + "misc_de/" + user + "/vold/volume_keys");
      places.push_back(top + "misc_ce/" + user + "/vold/volume_keys");
    }
  }
  for (const std::string top : {"", "metadata/"}) places.push_back(top + "vold/metadata_encryption");
  return places;
}

std::optional<VoldPlace> vold_place(std::string_view path) {
  using Kind = VoldPlace::Kind;
  auto parts = parts_of(path);
  const bool below_metadata = !parts.empty() && parts.front() == "metadata";
  const bool below_data = !parts.empty() && parts.front() == "data";
  if (below_metadata || below_data) parts.erase(parts.begin());
  if (!below_data && parts.size() >= 3 && parts.size() <= 4 && parts[0] == "vold" &&
      parts[1] == "metadata_encryption" && parts.back() == "key") {
    const std::string which = parts.size() == 4 ? " (" + parts[2] + ")" : "";
    return VoldPlace{Kind::kMetadataKey, "metadata key" + which, "", ""};
  }
  if (below_metadata) return std::nullopt;
  if (match(parts, {"unencrypted", "key"})) return VoldPlace{Kind::kFileKey, "system DE key", "", ""};
  if (match(parts, {"misc", "vold", "user_keys", "temp"})) {
    return VoldPlace{Kind::kFileKey, "user key that was being stored", "", ""};
  }
  if (match(parts, {"misc", "vold", "user_keys", "de", "#"})) {
    return VoldPlace{Kind::kFileKey, "user " + parts[4] + " DE key", parts[4], ""};
  }
  if (match(parts, {"misc", "vold", "user_keys", "ce", "#", "*"})) {
    const std::string which = parts[5] == "current" ? "" : " (" + parts[5] + ")";
    return VoldPlace{Kind::kFileKey, "user " + parts[4] + " CE key" + which, parts[4], ""};
  }
  if (match(parts, {"misc", "vold", "volume_keys", "*"})) {
    return VoldPlace{Kind::kVolumeSecret, "secret of volume " + parts[3], "", parts[3]};
  }
  for (const char* const area : {"misc_de", "misc_ce"}) {
    if (!match(parts, {area, "#", "vold", "volume_keys", "*", "default"})) continue;
    const std::string kind = area == std::string("misc_de") ? " DE key of volume " : " CE key of volume ";
    return VoldPlace{Kind::kVolumeKey, "user " + parts[1] + kind + parts[4], parts[1], parts[4]};
  }
  return std::nullopt;
}

}  // namespace coldread::extract
