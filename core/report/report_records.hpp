#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/report/json_value.hpp"
#include "core/report/records.hpp"
#include "core/report/report_reader.hpp"

namespace coldread::report {

/// Records of a report that is read back: the reverse of json.hpp, for what is shown to people. Texts are cut to what
/// is kept. `malformed` names the first member that is missing or of another type.

/// A text that is no longer than what is kept, cut between characters.
[[nodiscard]] std::string clipped(std::string text);

[[nodiscard]] BadRange to_bad_range(JsonValue value, std::string& malformed);
[[nodiscard]] Run to_run(JsonValue value, std::string& malformed);
[[nodiscard]] TreeDamage to_tree_damage(JsonValue value, std::string& malformed);
[[nodiscard]] Policy to_policy(JsonValue value, std::string& malformed);
[[nodiscard]] Replay to_replay(JsonValue value, std::string& malformed);
[[nodiscard]] Summary to_summary(JsonValue value, std::string& malformed);
[[nodiscard]] std::optional<PartitionInfo> to_partition(JsonValue value, std::string& malformed);
[[nodiscard]] Image to_image(JsonValue value, std::string& malformed);
[[nodiscard]] std::vector<std::string> to_strings(const JsonValue& value, const char* key, std::string& malformed);
[[nodiscard]] RunInfo to_run_info(JsonValue value, std::string& malformed);

}  // namespace coldread::report
