#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/same_file.hpp"
#include "cli/session.hpp"
#include "core/base/text.hpp"
#include "core/report/part_file.hpp"
#include "core/verity/digest_files.hpp"
#include "core/verity/signature.hpp"

namespace coldread::cli {
namespace {

/// A file that is written beside the digest of the only FILE, where one is asked for.
Result<std::unique_ptr<report::PartFile>> open_output(const std::string& path, const std::string& input) {
  if (path.empty()) return nullptr;
  if (is_same_file(input, path)) {
    return fail(ErrorKind::kOutput, path, "is the file itself; give another name for the output");
  }
  return report::PartFile::create(path);
}

std::string line_of(const verity::Descriptor& descriptor, const Bytes& digest, const std::string& path,
                    const Arguments& arguments, const Io& io) {
  std::string line = to_hex(digest);
  if (arguments.for_builtin_signature) {
    line = to_hex(verity::formatted_digest(descriptor.algorithm, digest));
  } else if (!arguments.compact) {
    line.insert(0, std::string(verity::algorithm_name(descriptor.algorithm)) + ":");
  }
  return arguments.compact ? line : line + " " + shown(path, io.out_is_terminal);
}

/// The command's outcome so far.
class Outcome {
 public:
  explicit Outcome(Io& io) : io_(io) {}

  void fails(const Error& error) {
    complain(io_, error.message());
    code_ = std::max<int>(code_, exit_code_of(error.kind));
  }
  [[nodiscard]] int code() const { return code_; }

 private:
  Io& io_;
  int code_ = kOk;
};

}  // namespace

int digest(const Arguments& arguments, Io& io) {
  Outcome outcome(io);
  if (!arguments.out_descriptor.empty() && arguments.out_descriptor == arguments.out_merkle_tree) {
    complain(io, "--out-merkle-tree and --out-descriptor name the same file");
    return kUsage;
  }
  auto tree = open_output(arguments.out_merkle_tree, arguments.paths.front());
  auto descriptor_file = open_output(arguments.out_descriptor, arguments.paths.front());
  for (const auto* opened : {&tree, &descriptor_file}) {
    if (!*opened) outcome.fails(opened->error());
  }
  if (outcome.code() != kOk) return outcome.code();

  const verity::DigestMethod method(arguments.hash_algorithm, arguments.verity_block_size, arguments.salt);
  const auto tell = [&](std::size_t index, const Result<verity::Descriptor>& result) {
    if (!result) return outcome.fails(result.error());
    const Bytes stored = verity::encode(*result);
    const auto digest = verity::file_digest(stored);
    if (!digest) return outcome.fails(digest.error());
    if (*descriptor_file) (*descriptor_file)->write(as_chars(stored));
    for (report::PartFile* file : {tree->get(), descriptor_file->get()}) {
      if (file == nullptr) continue;
      if (const auto done = file->commit(); !done) return outcome.fails(done.error());
    }
    io.out << line_of(*result, *digest, arguments.paths[index], arguments, io) << '\n';
  };
  verity::OnTreeBlock on_block;
  if (*tree) on_block = [&](std::uint64_t offset, ByteSpan block) { (*tree)->write_at(offset, block); };
  verity::digest_files(arguments.paths, method, arguments.jobs, io.interrupt, tell, on_block);
  return io.interrupt ? static_cast<int>(kInterrupted) : outcome.code();
}

}  // namespace coldread::cli
