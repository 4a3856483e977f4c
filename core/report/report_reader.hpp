#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/report/records.hpp"

namespace coldread::report {

/// The first elements of a list of any length, and how many it has.
template <class T>
struct FirstOf {
  std::vector<T> items;
  std::uint64_t total = 0;

  void add(T item, std::size_t most) {
    ++total;
    if (items.size() < most) items.push_back(std::move(item));
  }
  [[nodiscard]] std::uint64_t left_out() const { return total - items.size(); }
};

/// A fact under its name in the report, as text.
using Fact = std::pair<std::string, std::string>;

/// An entry as a report has it. Nothing of it was checked but its types; texts are well-formed UTF-8.
struct ReportEntry {
  std::size_t filesystem = 0;  ///< an index
  std::string path;
  std::string type;    ///< empty where it is not told
  std::string status;  ///< one of the schema's, or one that is not known yet
  std::uint64_t inode = 0;
  std::optional<std::uint64_t> size;
  bool recovered = false;
  std::optional<std::string> verity;  ///< its status
  std::string signature;              ///< and what it says of the signature
  std::string listed;
  std::vector<Fact> verity_facts;  ///< what else it says, in the report's order
  FirstOf<TreeDamage> tree;
  std::optional<std::uint64_t> pages;  ///< how many
  FirstOf<BadRange> bad;
  std::uint64_t bad_pages = 0;  ///< that hold a bad block, as far as the page size is known
  bool has_runs = false;
  FirstOf<Run> runs;
  FirstOf<std::string> problems;
  std::vector<Fact> facts;  ///< all else that is told to people, in the report's order

  /// True where nothing speaks against it.
  [[nodiscard]] bool clean() const;
  /// Why it is not clean, in one line; empty where it is.
  [[nodiscard]] std::string why() const;
};

struct ReportFilesystem {
  Filesystem facts;
  FirstOf<Policy> policies;
  FirstOf<std::string> problems;
  Summary told;  ///< as the report has it
  Summary seen;  ///< counted over its entries
  std::uint64_t entries = 0;
  bool pages_counted = true;                             ///< false: entries came before their page size
  std::map<std::string, std::uint64_t> bytes_by_status;  ///< of files; sums end at 64 bits
};

/// A report but for its entries.
struct ReportDocument {
  std::string tool_version;
  Image image;
  RunInfo run;
  std::vector<ReportFilesystem> filesystems;
  FirstOf<std::string> problems;
  std::string result;
  std::uint64_t exit_code = 0;

  /// Where its summaries are not what its entries come to, a sentence each.
  [[nodiscard]] std::vector<std::string> mismatches() const;
};

using UseEntry = std::function<bool(const ReportEntry& entry, const Filesystem& filesystem)>;

/// Reads a report, in memory that grows neither with its length nor with the number of its entries; each of these is
/// handed to `use` in turn, with what is known of its filesystem by then (a report has that first). Errors: kCorrupt
/// (it is not JSON, no report of coldread, of another schema, over the reader's limits, or of other types than the
/// schema has), kInterrupted where `use` says false.
[[nodiscard]] Result<ReportDocument> read_report(std::istream& text, const UseEntry& use);

}  // namespace coldread::report
