#include "core/report/report_reader.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <set>
#include <string_view>
#include <utility>

#include "core/base/checked.hpp"
#include "core/report/json_members.hpp"
#include "core/report/json_value.hpp"
#include "core/report/report_records.hpp"
#include "core/report/schema.hpp"

namespace coldread::report {
namespace {

using Place = JsonValue::Place;
using Wish = JsonValue::Wish;

// What is kept of lists that may be of any length.
constexpr std::size_t kMostFilesystems = 1000;
constexpr std::size_t kMostPolicies = 1000;
constexpr std::size_t kMostSentences = 200;
constexpr std::size_t kMostRanges = 100'000;  // of one entry: bad ranges, and runs
constexpr std::size_t kMostReasons = 200;     // of them that are told
constexpr std::size_t kMostTreeDamage = 200;
constexpr std::size_t kMostXattrs = 200;

/// No value that is taken whole is large: what may be is entered.
constexpr JsonValue::Limits kLimits{.values = 100'000, .members = 4096, .taken_bytes = 64 << 20};

constexpr std::array<std::string_view, 17> kTexts{
    "path",  "path_bytes", "written_as", "written_as_bytes", "type",   "mode",   "rdev", "target", "target_bytes",
    "mtime", "atime",      "ctime",      "crtime",           "status", "sha256", "sha1", "md5"};
constexpr std::array<std::string_view, 6> kNumbers{"inode", "links", "uid", "gid", "size", "project"};

template <class List>
bool is_one_of(const List& list, std::string_view key) {
  return std::find(list.begin(), list.end(), key) != list.end();
}

tl::unexpected<Error> no_report(const std::string& why) {
  return fail(ErrorKind::kCorrupt, {}, "is no report of coldread that can be shown: " + why);
}

tl::unexpected<Error> of_another_type(const std::string& where, const std::string& member) {
  return no_report((where.empty() ? "" : where + ": ") + "`" + clipped(member) +
                   "` is missing, or not as the schema has it");
}

class Reader {
 public:
  explicit Reader(const UseEntry& use) : use_(use) {}

  Wish wish(const Place& place) {
    if (place.size() <= 4) leave_entry();
    if (error_) return Wish::kTake;  // and taken() passes the error on
    if (place.empty()) return Wish::kObject;
    if (place[0] != "filesystems") return wish_at_top(place);
    switch (place.size()) {
      case 1: seen_.insert("filesystems"); return Wish::kArray;
      case 2: return begin_filesystem();
      case 3: return wish_of_filesystem(place[2]);
      case 4: return place[2] == "entries" ? begin_entry() : Wish::kTake;
      case 5: return wish_of_entry(place[4]);
      default: break;
    }
    if (place.size() == 6 && place[4] == "verity") return place[5] == "tree" ? Wish::kArray : Wish::kTake;
    if (place.size() == 6 && place[4] == "pages") {
      return place[5] == "bad" ? Wish::kArray : place[5] == "total" ? Wish::kTake : Wish::kSkip;
    }
    return Wish::kTake;  // elements of lists
  }

  Result<void> taken(const Place& place, JsonValue value) {
    if (error_) return fail(*error_);
    if (place[0] != "filesystems") {
      take_at_top(place, std::move(value));
    } else if (place.size() == 3) {
      take_of_filesystem(place[2], std::move(value));
    } else if (place.size() == 4) {
      take_in_list(place[2], std::move(value));
    } else {
      take_of_entry(place, std::move(value));
    }
    if (error_) return fail(*error_);
    if (!malformed_.empty()) return of_another_type(where(), malformed_);
    return {};
  }

  Result<ReportDocument> finish() {
    leave_entry();
    leave_filesystem();
    if (error_) return fail(*error_);
    static constexpr std::array<const char*, 5> kNeeded{"schema", "image", "filesystems", "run", "result"};
    for (const char* key : kNeeded) {
      if (!seen_.contains(key)) return of_another_type("", key);
    }
    if (!seen_.contains("exit_code")) return of_another_type("", "exit_code");
    return std::move(document_);
  }

 private:
  [[nodiscard]] ReportFilesystem& filesystem() { return document_.filesystems.back(); }
  [[nodiscard]] std::string where() const {
    if (document_.filesystems.empty()) return "";
    std::string out = "filesystem " + std::to_string(document_.filesystems.size());
    if (!entry_) return out;
    out += ", entry " + std::to_string(document_.filesystems.back().entries);
    return entry_->path.empty() ? out : out + " (" + entry_->path + ")";
  }
  void refuse(tl::unexpected<Error> why) {
    if (!error_) error_ = std::move(why.value());
  }

  Wish wish_at_top(const Place& place) {
    if (place[0] == "problems") return place.size() == 1 ? Wish::kArray : Wish::kTake;
    static constexpr std::array<std::string_view, 6> kTaken{"schema", "tool", "image", "run", "result", "exit_code"};
    return is_one_of(kTaken, place[0]) ? Wish::kTake : Wish::kSkip;
  }

  void take_at_top(const Place& place, JsonValue value) {
    const std::string& key = place[0];
    seen_.insert(key);
    if (key == "schema") {
      const auto schema = value.text();
      if (schema == std::string(kSchemaName)) return;
      refuse(no_report("its schema is " + (schema ? "\"" + clipped(*schema) + "\"" : "no text") + ", and " +
                       std::string(kSchemaName) + " is what is understood"));
    } else if (key == "tool") {
      document_.tool_version = clipped(Members(value, malformed_, "tool.").text("version"));
    } else if (key == "image") {
      document_.image = to_image(std::move(value), malformed_);
    } else if (key == "run") {
      document_.run = to_run_info(std::move(value), malformed_);
    } else if (key == "problems") {
      add_sentence(document_.problems, value, "problems");
    } else if (key == "result") {
      const auto text = value.text();
      if (!text) malformed_ = key;
      document_.result = clipped(text.value_or(""));
    } else {
      const auto number = value.number();
      if (!number) malformed_ = key;
      document_.exit_code = number.value_or(0);
    }
  }

  void add_sentence(FirstOf<std::string>& list, const JsonValue& value, const char* key) {
    auto text = value.text();
    if (!text) malformed_ = key;
    list.add(clipped(std::move(text).value_or("")), kMostSentences);
  }

  Wish begin_filesystem() {
    leave_filesystem();
    if (document_.filesystems.size() == kMostFilesystems) {
      refuse(no_report("it tells of more than " + std::to_string(kMostFilesystems) + " filesystems"));
      return Wish::kTake;
    }
    document_.filesystems.emplace_back();
    of_filesystem_.clear();
    in_filesystem_ = true;
    return Wish::kObject;
  }

  void leave_filesystem() {
    if (!in_filesystem_ || error_) return;
    in_filesystem_ = false;
    static constexpr std::array<const char*, 8> kNeeded{"type",      "uuid",   "label",   "block_size",
                                                        "page_size", "replay", "entries", "summary"};
    for (const char* key : kNeeded) {
      if (!of_filesystem_.contains(key)) return refuse(of_another_type(where(), key));
    }
  }

  Wish wish_of_filesystem(const std::string& key) {
    static constexpr std::array<std::string_view, 9> kTaken{"partition", "type",     "uuid",   "label",  "block_size",
                                                            "page_size", "features", "replay", "summary"};
    if (key == "entries" || key == "policies" || key == "problems") {
      of_filesystem_.insert(key);
      return Wish::kArray;
    }
    return is_one_of(kTaken, key) ? Wish::kTake : Wish::kSkip;
  }

  void take_of_filesystem(const std::string& key, JsonValue value) {
    of_filesystem_.insert(key);
    Filesystem& facts = filesystem().facts;
    if (key == "partition") {
      facts.partition = to_partition(std::move(value), malformed_);
    } else if (key == "features") {
      facts.features = to_strings(value, "features", malformed_);
    } else if (key == "replay") {
      facts.replay = to_replay(std::move(value), malformed_);
    } else if (key == "summary") {
      filesystem().told = to_summary(std::move(value), malformed_);
    } else if (key == "block_size" || key == "page_size") {
      const auto number = value.number();
      if (!number || *number > std::numeric_limits<std::uint32_t>::max()) malformed_ = key;
      (key == "block_size" ? facts.block_size : facts.page_size) = static_cast<std::uint32_t>(number.value_or(0));
    } else {
      auto text = value.text();
      if (!text) malformed_ = key;
      (key == "type" ? facts.type : key == "uuid" ? facts.uuid : facts.label) = clipped(std::move(text).value_or(""));
    }
  }

  void take_in_list(const std::string& key, JsonValue value) {
    if (key == "problems") return add_sentence(filesystem().problems, value, "problems");
    if (!value.is_object()) malformed_ = "policies[]";
    filesystem().policies.add(to_policy(std::move(value), malformed_), kMostPolicies);
  }

  Wish begin_entry() {
    ++filesystem().entries;
    if (filesystem().facts.page_size == 0) filesystem().pages_counted = false;
    entry_.emplace();
    entry_->filesystem = document_.filesystems.size() - 1;
    of_entry_.clear();
    xattrs_ = 0;
    bad_from_ = 0;
    return Wish::kObject;
  }

  Wish wish_of_entry(const std::string& key) {
    const Wish wish = wish_of_member(key);
    if (wish != Wish::kSkip && !of_entry_.insert(key).second) {
      refuse(no_report(where() + ": it has `" + key + "` twice"));
    }
    return wish;
  }

  static Wish wish_of_member(const std::string& key) {
    if (key == "problems" || key == "runs") return Wish::kArray;
    if (key == "verity" || key == "pages" || key == "xattrs") return Wish::kObject;
    static constexpr std::array<std::string_view, 3> kTaken{"encryption", "compression", "recovered"};
    if (is_one_of(kTexts, key) || is_one_of(kNumbers, key) || is_one_of(kTaken, key)) return Wish::kTake;
    return Wish::kSkip;
  }

  void take_of_entry(const Place& place, JsonValue value) {
    const std::string& key = place[4];
    if (key == "problems") return add_sentence(entry_->problems, value, "problems[]");
    if (key == "runs") {
      entry_->has_runs = true;
      if (!value.is_object()) malformed_ = "runs[]";
      return entry_->runs.add(to_run(std::move(value), malformed_), kMostRanges);
    }
    if (key == "pages") return take_of_pages(place, std::move(value));
    if (key == "verity") return take_of_verity(place, std::move(value));
    if (key == "xattrs") return take_xattr(place[5], value);
    take_fact(key, value);
  }

  void take_fact(const std::string& key, const JsonValue& value) {
    ReportEntry& entry = *entry_;
    if (is_one_of(kNumbers, key)) {
      const auto number = value.number();
      if (!number) malformed_ = key;
      if (key == "inode") entry.inode = number.value_or(0);
      if (key == "size") entry.size = number;
      entry.facts.emplace_back(key, std::to_string(number.value_or(0)));
      return;
    }
    if (key == "encryption" || key == "compression" || key == "recovered") {
      if (!value.is_object()) malformed_ = key;
      entry.recovered = entry.recovered || key == "recovered";
      entry.facts.emplace_back(key, in_words(value));
      return;
    }
    auto text = value.text();
    if (!text) malformed_ = key;
    std::string shown = clipped(std::move(text).value_or(""));
    if (key == "path") {
      entry.path = std::move(shown);
    } else if (key == "type") {
      entry.type = std::move(shown);
    } else if (key == "status") {
      entry.status = std::move(shown);
    } else {
      entry.facts.emplace_back(key, std::move(shown));
    }
  }

  /// A small object's members, `key value` each.
  static std::string in_words(const JsonValue& value) {
    std::string out;
    for (const std::string& key : value.keys()) {
      const auto member = value.get(key).value_or(JsonValue());
      out += (out.empty() ? "" : ", ") + key + " " + member.text().value_or(member.dump());
    }
    return clipped(out.empty() ? "nothing is known but its name" : out);
  }

  void take_xattr(const std::string& name, const JsonValue& value) {
    auto text = value.text();
    if (!text) malformed_ = "xattrs." + name;
    if (++xattrs_ <= kMostXattrs) {
      entry_->facts.emplace_back("xattr " + clipped(name), clipped(std::move(text).value_or("")));
    } else if (xattrs_ == kMostXattrs + 1) {
      entry_->facts.emplace_back("xattrs", "more than are shown");
    }
  }

  void take_of_pages(const Place& place, JsonValue value) {
    if (place.size() == 6) {
      entry_->pages = value.number();
      if (!entry_->pages) malformed_ = "pages.total";
      return;
    }
    if (!value.is_object()) malformed_ = "pages.bad[]";
    BadRange bad = to_bad_range(std::move(value), malformed_);
    count_bad_pages(bad.range);
    if (entry_->bad.items.size() >= kMostReasons) bad.reason.clear();
    entry_->bad.add(std::move(bad), kMostRanges);
  }

  /// Ranges stand in their order in the report: a page that two of them touch counts once.
  void count_bad_pages(const Range& range) {
    const std::uint64_t page = filesystem().facts.page_size;
    const auto end = checked_add(range.offset, range.length);
    if (page == 0 || range.length == 0 || !end) return;
    const std::uint64_t first = std::max(range.offset / page, bad_from_);
    const std::uint64_t after = (*end - 1) / page + 1;
    if (after <= first) return;
    entry_->bad_pages += after - first;
    bad_from_ = after;
  }

  void take_of_verity(const Place& place, JsonValue value) {
    if (place.size() == 7) {
      if (!value.is_object()) malformed_ = "verity.tree[]";
      return entry_->tree.add(to_tree_damage(std::move(value), malformed_), kMostTreeDamage);
    }
    const std::string& key = place[5];
    auto text = value.text();
    if (key == "status" || key == "signature") {
      if (!text) malformed_ = "verity." + key;
    }
    std::string shown = clipped(text ? *std::move(text) : value.is_object() ? in_words(value) : value.dump());
    if (key == "status") {
      entry_->verity = std::move(shown);
      return;
    }
    if (key == "signature") entry_->signature = shown;
    if (key == "listed") entry_->listed = shown;
    if (entry_->verity_facts.size() < kMostXattrs) entry_->verity_facts.emplace_back(clipped(key), std::move(shown));
  }

  void leave_entry() {
    if (!entry_ || error_) return;
    static constexpr std::array<const char*, 3> kNeeded{"path", "inode", "status"};
    for (const char* key : kNeeded) {
      if (!of_entry_.contains(key)) return refuse(of_another_type(where(), key));
    }
    count();
    if (!use_(*entry_, filesystem().facts)) refuse(fail(ErrorKind::kInterrupted, {}, "interrupted"));
    entry_.reset();
  }

  void count() {
    const ReportEntry& from = *entry_;
    Entry entry;
    entry.type = from.type;
    entry.status = from.status;
    entry.size = from.size.value_or(0);
    if (from.recovered) entry.recovered.emplace();
    if (from.verity) entry.verity.emplace().status = *from.verity;
    if (from.pages) entry.pages = Pages{*from.pages, from.bad_pages, {}};
    filesystem().seen.add(entry);
    if (from.type != "file" || filesystem().bytes_by_status.size() > kMostXattrs) return;
    std::uint64_t& bytes = filesystem().bytes_by_status[from.status];
    bytes = checked_add(bytes, entry.size).value_or(std::numeric_limits<std::uint64_t>::max());
  }

  const UseEntry& use_;
  ReportDocument document_;
  std::set<std::string, std::less<>> seen_;
  std::set<std::string, std::less<>> of_filesystem_;
  std::set<std::string, std::less<>> of_entry_;
  bool in_filesystem_ = false;
  std::optional<ReportEntry> entry_;
  std::size_t xattrs_ = 0;
  std::uint64_t bad_from_ = 0;  ///< pages before this one have been counted
  std::string malformed_;       ///< a member that is not as the schema has it
  std::optional<Error> error_;
};

}  // namespace

Result<ReportDocument> read_report(std::istream& text, const UseEntry& use) {
  Reader reader(use);
  const auto wish = [&](const Place& place) { return reader.wish(place); };
  const auto taken = [&](const Place& place, JsonValue value) { return reader.taken(place, std::move(value)); };
  if (auto done = JsonValue::stream(text, kLimits, wish, taken); !done) {
    if (done.error().kind != ErrorKind::kUsage) return fail(std::move(done.error()));
    return no_report(done.error().what);
  }
  return reader.finish();
}

}  // namespace coldread::report
