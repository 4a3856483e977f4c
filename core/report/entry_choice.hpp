#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/report/report_reader.hpp"

namespace coldread::report {

/// Chooses, of a report's entries as they come by, those that a page has room for: what is damaged first, then what is
/// locked, then all else that something speaks against, then what is ok, then what was skipped; each in the report's
/// order. Memory is bounded.
class EntryChoice {
 public:
  struct Limits {
    std::size_t entries = 20'000;
    std::size_t bytes = 48 << 20;  ///< of their JSON and of the maps
    std::size_t maps = 200;        ///< block maps of damaged files
  };
  struct Map {
    std::string path;
    std::string svg;
  };

  EntryChoice() : EntryChoice(Limits()) {}
  explicit EntryChoice(const Limits& limits) : limits_(limits) {}

  void add(const ReportEntry& entry, const Filesystem& filesystem);

  /// The JSON of those that were chosen, in order, with what HTML gives a meaning escaped. report_page.js
  /// alone reads it.
  [[nodiscard]] std::vector<const std::string*> json() const;
  [[nodiscard]] std::uint64_t total() const { return total_; }
  /// How many something speaks against, and how many of those were chosen.
  [[nodiscard]] std::uint64_t not_ok() const { return not_ok_; }
  [[nodiscard]] std::uint64_t not_ok_chosen() const;
  [[nodiscard]] const std::vector<Map>& maps() const { return maps_; }
  /// How many damaged files have no map because there is no room for it.
  [[nodiscard]] std::uint64_t maps_left_out() const { return maps_left_out_; }

 private:
  static constexpr std::size_t kFindings = 3;  ///< ranks of what something speaks against
  static constexpr std::size_t kRanks = 5;

  [[nodiscard]] std::size_t count() const;
  std::optional<std::size_t> add_map(const ReportEntry& entry, const Filesystem& filesystem);
  void drop_what_is_too_much();

  Limits limits_;
  std::array<std::deque<std::string>, kRanks> chosen_;  ///< by rank, what must be seen first
  std::size_t bytes_ = 0;                               ///< of the JSON
  std::size_t map_bytes_ = 0;                           ///< of the maps, which have half of the room at most
  std::uint64_t total_ = 0;
  std::uint64_t not_ok_ = 0;
  std::vector<Map> maps_;
  std::uint64_t maps_left_out_ = 0;
};

}  // namespace coldread::report
