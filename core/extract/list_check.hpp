#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/extract/path_filter.hpp"
#include "core/report/records.hpp"
#include "core/verity/digest_list.hpp"

namespace coldread::extract {

struct WalkItem;

/// What a run looks at.
struct ListScope {
  std::vector<std::string> partitions;  ///< of its filesystems, as "p1" ("" of a filesystem without one)
  std::vector<std::string> left_out;    ///< partitions of the image of which none is looked at, likewise
  std::vector<std::string> paths;       ///< none: all
  PathFilter filter;
};

/// Holds the files of all filesystems of a run against a list of digests. A listed path is a path of any of them; where
/// there are several, "pN/PATH" is that of partition N alone, as `verify --digest` prints it. Not for several threads.
class ListCheck {
 public:
  ListCheck(const verity::DigestList& list, ListScope scope);

  /// One entry of the filesystem on `partition`, when its record is whole: sets `listed` and adds to its problems.
  /// Returns whether that is a finding.
  bool hold(const std::string& partition, const WalkItem& item, report::Entry& entry);

  /// Ends the check, once: what of the list was in no filesystem, as sentences; each is a finding. What the run did not
  /// look at (the scope leaves it out, it lies on a partition of which none was, or the run ended early) is none.
  [[nodiscard]] std::vector<std::string> finish(bool ended_early);

  /// Whole after finish().
  [[nodiscard]] const report::DigestListResult& result() const { return result_; }

 private:
  /// What is known of a listed path; where several files have it, the worst.
  enum class Found { kMatch, kNotVerity, kDiffers };

  struct Listed {
    const std::string* path;  ///< as the list has it
    const verity::ListedDigest* digest;
  };
  [[nodiscard]] std::vector<Listed> look_up(const std::string& partition, const std::string& path) const;
  [[nodiscard]] std::optional<Listed> find(const std::string& path) const;
  /// True where the path names a partition of the run, as "p1/a".
  [[nodiscard]] bool names_partition(const std::string& path) const;
  /// True where the scope has a filesystem's path.
  [[nodiscard]] bool is_wanted(const std::string& path, bool is_directory = false);
  /// True where the scope has a path of the list.
  [[nodiscard]] bool was_looked_at(const std::string& path);
  [[nodiscard]] std::string why_missing(const std::string& path) const;

  const verity::DigestList& list_;
  ListScope scope_;
  PathSelection selection_;
  std::map<std::string, Found> found_;  ///< by the path in the list
  std::set<std::string> locked_names_;  ///< directories whose names are locked, of any filesystem
  std::set<std::string> damaged_directories_;
  std::set<std::string> root_directories_;  ///< those that are named as a partition is, of any filesystem
  report::DigestListResult result_;
};

}  // namespace coldread::extract
