#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cli/session.hpp"
#include "core/report/records.hpp"

namespace coldread::cli {

/// A policy and what it covers.
struct PolicyUse {
  report::Policy policy;
  std::uint64_t files = 0, directories = 0, symlinks = 0;  ///< names, as the report's summary counts them
  std::uint64_t bytes = 0;                                 ///< the sizes of its regular files, hard links counted once
  std::uint64_t opened = 0;                                ///< entries that a given key opens
};

struct PolicyCensus {
  std::vector<PolicyUse> policies;  ///< in the order in which a walk comes to them
  /// Entries whose encryption context cannot be understood, so that their policy is not known: how many by why.
  std::map<std::string, std::uint64_t> not_understood;
};

/// The policies in use on a volume, and what each covers: of all of it, but where `interrupt` ended the walk.
[[nodiscard]] PolicyCensus count_policies(const volume::Volume& volume, const fscrypt::KeyRing& keys,
                                          const std::atomic<bool>& interrupt);

/// The policies of count_policies() alone.
[[nodiscard]] std::vector<report::Policy> find_policies(const volume::Volume& volume, const fscrypt::KeyRing& keys,
                                                        const std::atomic<bool>& interrupt);

}  // namespace coldread::cli
