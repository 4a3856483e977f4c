#include "core/extract/list_check.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>

#include "core/base/text.hpp"
#include "core/extract/tree_walker.hpp"

namespace coldread::extract {
namespace {

/// The length of "p12/" at the start of a path; 0 where it does not begin so.
std::size_t partition_prefix(std::string_view path) {
  if (!path.starts_with('p')) return 0;
  std::size_t at = 1;
  while (at < path.size() && std::isdigit(static_cast<unsigned char>(path[at])) != 0) ++at;
  return at > 1 && at < path.size() && path[at] == '/' ? at + 1 : 0;
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

/// Why an entry has no digest that could be held against the list.
std::string why_no_digest(const report::Entry& entry) {
  if (entry.verity) return "its fs-verity metadata is malformed";
  if (entry.status == "locked") return "it is locked";
  if (entry.status == "error") return "its inode cannot be read";
  if (entry.type != "file") return "it is no regular file";
  return "it is no fs-verity file";
}

}  // namespace

ListCheck::ListCheck(const verity::DigestList& list, ListScope scope)
    : list_(list), scope_(std::move(scope)), selection_(scope_.paths) {
  result_.listed = list.entries().size();
}

bool ListCheck::names_partition(const std::string& path) const {
  const std::size_t length = partition_prefix(path);
  return length != 0 && std::find(scope_.partitions.begin(), scope_.partitions.end(), path.substr(0, length - 1)) !=
                            scope_.partitions.end();
}

std::optional<ListCheck::Listed> ListCheck::find(const std::string& path) const {
  const auto at = list_.entries().find(path);
  if (at == list_.entries().end()) return std::nullopt;
  return Listed{&at->first, &at->second};
}

std::vector<ListCheck::Listed> ListCheck::look_up(const std::string& partition, const std::string& path) const {
  std::vector<Listed> all;
  const bool several = scope_.partitions.size() > 1;
  if (!several || !names_partition(path)) {
    if (auto listed = find(path)) all.push_back(*listed);
  }
  if (!partition.empty()) {
    if (auto listed = find(partition + "/" + path)) all.push_back(*listed);
  }
  return all;
}

bool ListCheck::hold(const std::string& partition, const WalkItem& item, report::Entry& entry) {
  if (item.name_locked) locked_names_.insert(parent_of(entry.path));
  if (entry.type == "dir" && entry.status == "damaged") damaged_directories_.insert(entry.path);
  if (entry.type == "dir" && partition_prefix(entry.path + "/") == entry.path.size() + 1)
    root_directories_.insert(entry.path);
  if (!is_wanted(entry.path)) return false;
  const std::vector<Listed> all = look_up(partition, entry.path);
  const bool has_digest = entry.verity && !entry.verity->digest.empty();
  if (all.empty()) {
    if (!entry.verity) return false;
    entry.verity->listed = "absent";
    ++result_.unlisted;
    return false;
  }
  bool finding = false;
  for (const Listed& listed : all) {
    Found found = Found::kNotVerity;
    if (has_digest) {
      const bool same = entry.verity->algorithm == verity::algorithm_name(listed.digest->algorithm) &&
                        entry.verity->digest == to_hex(listed.digest->digest);
      found = same ? Found::kMatch : Found::kDiffers;
      if (entry.verity->listed != "differs") entry.verity->listed = same ? "match" : "differs";
      if (!same) entry.problems.push_back("its digest is not the one listed (" + listed.digest->place + ")");
      if (same && entry.verity->status != "verified") ++result_.match_unverified;
    } else {
      entry.problems.push_back("listed with a digest (" + listed.digest->place + "), but its digest could not be " +
                               "taken: " + why_no_digest(entry));
    }
    finding = finding || found != Found::kMatch;
    const auto [at, is_new] = found_.try_emplace(*listed.path, found);
    if (!is_new) at->second = std::max(at->second, found);
  }
  return finding;
}

bool ListCheck::is_wanted(const std::string& path, bool is_directory) {
  return selection_.match(path) == PathSelection::Match::kSelected && scope_.filter.wants(path, is_directory);
}

bool ListCheck::was_looked_at(const std::string& path) {
  const std::size_t prefix = partition_prefix(path);
  const bool here = names_partition(path);
  if (here && scope_.partitions.size() > 1) return is_wanted(path.substr(prefix));
  const std::string first = path.substr(0, prefix == 0 ? 0 : prefix - 1);
  const bool elsewhere = std::find(scope_.left_out.begin(), scope_.left_out.end(), first) != scope_.left_out.end() &&
                         !root_directories_.contains(first);
  if (is_wanted(path)) return here || !elsewhere;
  return here && is_wanted(path.substr(prefix));
}

std::string ListCheck::why_missing(const std::string& path) const {
  const std::string inner = names_partition(path) ? path.substr(partition_prefix(path)) : path;
  for (const std::string& whole : {path, inner}) {
    for (std::string above = whole; !above.empty();) {
      above = parent_of(above);
      if (locked_names_.contains(above)) return "there is no such file among the names that are not locked";
      if (damaged_directories_.contains(above)) return "there is no such file in what could be read of its directory";
    }
  }
  return "there is no such file";
}

std::vector<std::string> ListCheck::finish(bool ended_early) {
  std::vector<std::string> sentences;
  for (const auto& [path, listed] : list_.entries()) {
    const auto found = found_.find(path);
    if (found == found_.end()) {
      if (ended_early || !was_looked_at(path)) {
        ++result_.not_looked_at;
        continue;
      }
      ++result_.missing;
      sentences.push_back(path + ": listed with a digest (" + listed.place + "), but " + why_missing(path));
      continue;
    }
    if (found->second == Found::kMatch) ++result_.match;
    if (found->second == Found::kDiffers) ++result_.differs;
    if (found->second == Found::kNotVerity) ++result_.not_verity;
  }
  if (!ended_early && result_.listed != 0 && result_.not_looked_at == result_.listed) {
    sentences.emplace_back("of the paths that are listed with a digest none was looked at");
  }
  return sentences;
}

}  // namespace coldread::extract
