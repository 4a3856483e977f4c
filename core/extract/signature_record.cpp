#include "core/extract/signature_record.hpp"

namespace coldread::extract {

report::VeritySigner signer_record(const verity::Signer& signer) {
  return {signer.subject,          signer.issuer,     signer.serial,    signer.key_identifier,
          signer.digest_algorithm, signer.not_before, signer.not_after, signer.chain};
}

void report_signature(const verity::Descriptor& descriptor, ByteSpan file_digest, const ExtractOptions& options,
                      report::VerityResult& result, std::vector<std::string>& problems) {
  static const verity::TrustStore kNoTrust;
  const verity::TrustStore& trust = options.trust != nullptr ? *options.trust : kNoTrust;
  const verity::SignatureResult signature = verity::check_signature(descriptor, file_digest, trust);
  result.signature = verity::to_string(signature.status);
  if (signature.signer) result.signer = signer_record(*signature.signer);
  if (signature.status == verity::SignatureStatus::kInvalid) {
    problems.push_back("fs-verity: its signature is not valid: " + signature.reason);
  } else if (!signature.reason.empty()) {
    problems.push_back("fs-verity: its signature was not checked, and would be valid by no certificate: " +
                       signature.reason);
    result.odd = true;
  }
  if (!signature.note.empty()) {
    problems.push_back("fs-verity: " + signature.note);
    result.odd = true;
  }
  if (signature.status == verity::SignatureStatus::kAbsent && options.require_signature) {
    problems.emplace_back("fs-verity: it is not signed, and a signature is required");
  }
}

bool is_signature_finding(const report::VerityResult& result, const ExtractOptions& options) {
  return result.signature == "invalid" || (options.require_signature && result.signature != "valid");
}

}  // namespace coldread::extract
