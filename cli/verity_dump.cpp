#include <algorithm>
#include <utility>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/one_path.hpp"
#include "core/extract/verity_metadata.hpp"

namespace coldread::cli {
namespace {

extract::VerityPart part_of(const std::string& name) {
  if (name == "merkle-tree") return extract::VerityPart::kMerkleTree;
  return name == "signature" ? extract::VerityPart::kSignature : extract::VerityPart::kDescriptor;
}

/// The metadata of the one file. Errors: kNotFound (no fs-verity file), kLocked, those of VerityMetadata::find().
Result<extract::VerityMetadata> find_metadata(const OnePath& at) {
  auto plan = plan_file(at);
  if (!plan) return fail(std::move(plan.error()));
  if (!plan->verity) return fail(ErrorKind::kNotFound, at.item.path, "is no fs-verity file");
  auto metadata = extract::VerityMetadata::find(at.volume(), *at.item.inode, at.encryption(), *std::move(plan->verity));
  if (!metadata) return fail(metadata.error().kind, at.item.path, "fs-verity: " + metadata.error().message());
  return metadata;
}

}  // namespace

int verity_dump(const Arguments& arguments, Io& io) {
  auto at = open_one_path(arguments, io);
  if (!at) {
    complain(io, at.error().message());
    return exit_code_of(at.error().kind);
  }
  const auto metadata = find_metadata(*at);
  if (!metadata) {
    complain(io, metadata.error().message());
    return exit_code_of(metadata.error().kind);
  }
  int code = kOk;
  if (!metadata->malformed().empty()) {
    complain(io, at->item.path + ": fs-verity: " + metadata->malformed());
    code = kFindings;
  }
  const auto write = [&](ByteSpan bytes) {
    io.out.write(as_chars(bytes).data(), static_cast<std::streamsize>(bytes.size()));
    return static_cast<bool>(io.out) && !io.interrupt;
  };
  const auto on_fault = [&](source::ByteRange range, const std::string& why) {
    complain(io, at->item.path + ": " + std::to_string(range.length) + " bytes at offset " +
                     std::to_string(range.offset) + ": " + why + "; zeros are in their place");
    code = kFindings;
  };
  if (auto done = metadata->read(part_of(arguments.dump), write, on_fault); !done) {
    complain(io, at->item.path + ": " + done.error().what);
    if (code == kOk) code = exit_code_of(done.error().kind);
  }
  name_unused_keys(at->session, arguments, io);
  return io.interrupt ? kInterrupted : at->exit_code(code);
}

}  // namespace coldread::cli
