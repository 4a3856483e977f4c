#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "core/extract/deleted.hpp"
#include "core/extract/list_check.hpp"
#include "core/extract/orphans.hpp"
#include "core/extract/path_filter.hpp"
#include "core/verity/signature.hpp"

namespace coldread::extract {

/// What is written where a block failed: what was read; zeros for the block; zeros for its whole page, as the kernel
/// would refuse it; no file at all.
enum class Damaged : std::uint8_t { kKeep, kZero, kPage, kOmit };

/// How one filesystem is extracted or verified.
struct ExtractOptions {
  std::uint32_t page_size = 4096;  ///< bytes
  unsigned jobs = 1;
  Damaged damaged = Damaged::kKeep;
  std::vector<std::string> hashes;  ///< names that ContentHash knows
  PathFilter filter;
  bool only_verity = false;                   ///< files without fs-verity are not read
  const Orphans* orphans = nullptr;           ///< null: not listed
  const DeletedFiles* deleted = nullptr;      ///< likewise
  bool ciphertext = false;                    ///< locked files are written as they are stored
  bool runs = false;                          ///< the report tells where each file's bytes lie
  const verity::TrustStore* trust = nullptr;  ///< null: signatures are not checked
  bool require_signature = false;             ///< an fs-verity file without a valid signature is a finding
  ListCheck* list = nullptr;                  ///< null: digests are held against none
  std::string partition;                      ///< what the list may call the filesystem, as "p1"; or empty
};

/// What a progress display may look at while the work goes on.
struct Progress {
  std::atomic<std::uint64_t> entries{0};
  std::atomic<std::uint64_t> bytes{0};          ///< of file content, done
  std::atomic<std::uint64_t> bytes_planned{0};  ///< of file content, done or waiting
};

}  // namespace coldread::extract
