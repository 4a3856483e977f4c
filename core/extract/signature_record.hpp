#pragma once

#include "core/extract/options.hpp"
#include "core/report/records.hpp"
#include "core/verity/descriptor.hpp"
#include "core/verity/signature.hpp"

namespace coldread::extract {

/// The report's record of a signer.
[[nodiscard]] report::VeritySigner signer_record(const verity::Signer& signer);

/// Checks the built-in signature of an fs-verity file as the options ask: sets the result's `signature` and `signer`,
/// and adds to the entry's problems what is to be said of it.
void report_signature(const verity::Descriptor& descriptor, ByteSpan file_digest, const ExtractOptions& options,
                      report::VerityResult& result, std::vector<std::string>& problems);

/// True where an fs-verity file is not signed as it is asked to be.
[[nodiscard]] bool is_signature_finding(const report::VerityResult& result, const ExtractOptions& options);

}  // namespace coldread::extract
