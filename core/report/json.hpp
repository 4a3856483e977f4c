#pragma once

#include "core/report/json_value.hpp"
#include "core/report/records.hpp"

namespace coldread::report {

/// The records as JSON, in the form and order of docs/report.md: in the report and in what commands print with --json.
/// What is not known is left out, unless the report promises a null.

[[nodiscard]] JsonValue to_json(const Entry& entry);
[[nodiscard]] JsonValue to_json(const Ciphertext& ciphertext);
[[nodiscard]] JsonValue to_json(const Pages& pages);
[[nodiscard]] JsonValue to_json(const VeritySigner& signer);
[[nodiscard]] JsonValue to_json(const VerityResult& verity);
[[nodiscard]] JsonValue to_json(const DigestListResult& result);
[[nodiscard]] JsonValue to_json(const std::vector<StoredPart>& stored);
[[nodiscard]] JsonValue to_json(const Run& run);
[[nodiscard]] JsonValue to_json(const PartitionInfo& partition);
[[nodiscard]] JsonValue to_json(const Policy& policy);
[[nodiscard]] JsonValue to_json(const Replay& replay);
[[nodiscard]] JsonValue to_json(const Summary& summary);
/// Without its policies, entries and summary.
[[nodiscard]] JsonValue to_json(const Filesystem& filesystem);
[[nodiscard]] JsonValue to_json(const Image& image);
[[nodiscard]] JsonValue to_json(const RunInfo& run);
/// The program's name and version.
[[nodiscard]] JsonValue tool_json();

}  // namespace coldread::report
