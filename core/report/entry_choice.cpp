#include "core/report/entry_choice.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "core/report/entry_map.hpp"
#include "core/report/html_text.hpp"
#include "core/report/json_value.hpp"

namespace coldread::report {
namespace {

// What is told of one entry.
constexpr std::size_t kMostProblems = 50;
constexpr std::size_t kMostRanges = 100;
constexpr std::size_t kMostTree = 50;

/// A number as the page's script can hold it: exact, as text where a double is not.
JsonValue to_number(std::uint64_t number) {
  constexpr std::uint64_t kExact = 1ULL << 53U;
  if (number < kExact) return number;
  return std::to_string(number);
}

template <class T, class Make>
void set_list(JsonValue& out, const char* key, const FirstOf<T>& list, std::size_t most, const Make& make) {
  if (list.total == 0) return;
  JsonValue json = JsonValue::array();
  const std::size_t count = std::min(most, list.items.size());
  for (std::size_t i = 0; i < count; ++i) json.append(make(list.items[i]));
  out.set(key, std::move(json));
  if (list.total > count) out.set(std::string(key) + "_more", to_number(list.total - count));
}

void set_facts(JsonValue& out, const char* key, const std::vector<Fact>& facts) {
  if (facts.empty()) return;
  JsonValue json = JsonValue::array();
  for (const auto& [name, value] : facts) json.append(JsonValue::strings({name, value}));
  out.set(key, std::move(json));
}

JsonValue to_page_json(const ReportEntry& entry, const Filesystem& filesystem, std::optional<std::size_t> map) {
  JsonValue out = JsonValue::object();
  out.set("path", entry.path).set("fs", entry.filesystem).set("type", entry.type).set("status", entry.status);
  if (entry.size) out.set("size", to_number(*entry.size));
  if (entry.verity) out.set("verity", *entry.verity);
  if (!entry.clean()) out.set("why", entry.why());
  if (entry.pages) out.set("pages", to_number(*entry.pages));
  if (entry.pages && filesystem.page_size != 0) out.set("bad_pages", to_number(entry.bad_pages));
  set_list(out, "problems", entry.problems, kMostProblems, [](const std::string& text) { return JsonValue(text); });
  set_list(out, "bad", entry.bad, kMostRanges, [](const BadRange& bad) {
    JsonValue json = JsonValue::array();
    json.append(to_number(bad.range.offset)).append(to_number(bad.range.length)).append(bad.step);
    return json.append(bad.reason);
  });
  set_list(out, "tree", entry.tree, kMostTree, [](const TreeDamage& tree) {
    JsonValue json = JsonValue::array();
    json.append(to_number(tree.level)).append(to_number(tree.index)).append(to_number(tree.range.offset));
    json.append(to_number(tree.range.length)).append(to_number(tree.covers.offset));
    return json.append(to_number(tree.covers.length))
        .append(tree.recomputed ? "recomputed and proven" : "not proven")
        .append(tree.reason);
  });
  set_facts(out, "facts", entry.facts);
  set_facts(out, "verity_facts", entry.verity_facts);
  if (map) out.set("map", *map);
  return out;
}

/// Its place in EntryChoice: 0 must be seen first.
std::size_t rank_of(const ReportEntry& entry) {
  if (entry.clean()) return entry.status == "skipped" ? 4 : 3;
  if (entry.status == "locked") return 1;
  if (entry.status == "skipped" || entry.status == "recovered") return 2;
  return 0;
}

}  // namespace

std::size_t EntryChoice::count() const {
  return std::accumulate(chosen_.begin(), chosen_.end(), std::size_t{0},
                         [](std::size_t sum, const auto& of_rank) { return sum + of_rank.size(); });
}

std::optional<std::size_t> EntryChoice::add_map(const ReportEntry& entry, const Filesystem& filesystem) {
  if (entry.type != "file" || entry.bad.total + entry.tree.total == 0) return std::nullopt;
  auto svg =
      maps_.size() < limits_.maps && map_bytes_ < limits_.bytes / 2 ? entry_map(entry, filesystem) : std::nullopt;
  if (!svg || svg->size() > limits_.bytes / 2 - map_bytes_) {
    ++maps_left_out_;
    return std::nullopt;
  }
  map_bytes_ += svg->size();
  maps_.push_back({entry.path, *std::move(svg)});
  return maps_.size() - 1;
}

void EntryChoice::add(const ReportEntry& entry, const Filesystem& filesystem) {
  ++total_;
  const std::size_t rank = rank_of(entry);
  if (rank < kFindings) ++not_ok_;
  const bool full = count() >= limits_.entries;
  const bool is_last = std::all_of(chosen_.begin() + static_cast<std::ptrdiff_t>(rank) + 1, chosen_.end(),
                                   [](const auto& of_rank) { return of_rank.empty(); });
  const std::optional<std::size_t> map = add_map(entry, filesystem);
  if (full && is_last) return;
  std::string json = to_script_json(to_page_json(entry, filesystem, map).dump());
  bytes_ += json.size();
  chosen_.at(rank).push_back(std::move(json));
  drop_what_is_too_much();
}

void EntryChoice::drop_what_is_too_much() {
  for (std::size_t n = count(); n > limits_.entries || (n > 0 && bytes_ > limits_.bytes - map_bytes_); --n) {
    const auto last = std::find_if(chosen_.rbegin(), chosen_.rend(), [](const auto& rank) { return !rank.empty(); });
    bytes_ -= last->back().size();
    last->pop_back();
  }
}

std::vector<const std::string*> EntryChoice::json() const {
  std::vector<const std::string*> out;
  for (const auto& of_rank : chosen_) {
    for (const std::string& json : of_rank) out.push_back(&json);
  }
  return out;
}

std::uint64_t EntryChoice::not_ok_chosen() const {
  std::uint64_t out = 0;
  for (std::size_t rank = 0; rank < kFindings; ++rank) out += chosen_.at(rank).size();
  return out;
}

}  // namespace coldread::report
