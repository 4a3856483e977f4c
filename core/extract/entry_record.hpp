#pragma once

#include <map>
#include <vector>

#include "core/extract/sink.hpp"
#include "core/extract/tree_walker.hpp"
#include "core/report/records.hpp"

namespace coldread::extract {

/// The policies of one filesystem, in the order in which the walk came to them.
class PolicyTable {
 public:
  /// The index of the entry's policy, which is added where it is new.
  [[nodiscard]] std::size_t index_of(const Encryption& encryption);
  /// Counts one more entry with the policy.
  void count(std::size_t index) { records_[index].entries = records_[index].entries.value_or(0) + 1; }
  [[nodiscard]] const std::vector<report::Policy>& records() const { return records_; }

 private:
  std::map<fscrypt::Policy, std::size_t> indexes_;
  std::vector<report::Policy> records_;
};

/// The record of what stat(2) and getxattr(2) show of an item, before its content is read. Its status is `ok`, `locked`
/// or `error`, and `damaged` where there are problems.
[[nodiscard]] report::Entry describe(const WalkItem& item, PolicyTable& policies);

/// Adds the attributes to the record, and what was wrong with them to its problems.
void add_xattrs(const volume::Xattrs& xattrs, report::Entry& entry);

/// A problem found with the evidence: a sentence, and the entry is no longer `ok`.
void add_damage(report::Entry& entry, std::string problem);

/// What a sink is told of the item.
[[nodiscard]] SinkEntry sink_entry(const WalkItem& item);

}  // namespace coldread::extract
