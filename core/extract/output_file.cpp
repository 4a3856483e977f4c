#include "core/extract/output_file.hpp"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

#include "core/base/text.hpp"

namespace coldread::extract {
namespace {

constexpr auto kLargestOffset = static_cast<std::uint64_t>(std::numeric_limits<off_t>::max());

std::size_t name_limit(Jail& jail) {
  constexpr long kMost = 255;
  const auto root = jail.directory("");
  const long limit = root ? ::fpathconf((*root)->get(), _PC_NAME_MAX) : kMost;
  return static_cast<std::size_t>(limit < 0 ? kMost : std::clamp(limit, 64L, kMost));
}

std::string random_part_prefix() {
  std::array<std::byte, 8> random{};
  // Eight bytes never come in parts. Without them names collide at worst, and a collision picks the next name.
  static_cast<void>(::getrandom(random.data(), random.size(), 0));
  return ".coldread-" + to_hex(random) + "-";
}

/// A new file in the directory of `placed`, and its path.
SysResult<Descriptor> create_part(Output& output, const std::string& placed, std::string& part) {
  constexpr int kTries = 100;
  const std::string parent(split_path(placed).first);
  SysResult<Descriptor> file = tl::unexpected<int>(EEXIST);
  for (int i = 0; i < kTries && !file && file.error() == EEXIST; ++i) {
    part = parent;
    if (!parent.empty()) part += '/';
    part += output.part_prefix + std::to_string(output.parts++) + ".part";
    file = output.jail->create_file(part);
  }
  return file;
}

}  // namespace

Output::Output(std::string named, std::unique_ptr<Jail> opened, const SinkOptions& chosen)
    : place(std::move(named)),
      options(chosen),
      jail(std::move(opened)),
      names(*jail, name_limit(*jail)),
      part_prefix(random_part_prefix()) {}

tl::unexpected<Error> Output::error(const std::string& path, const std::string& what, int code) const {
  const std::string where = path.empty() ? place : place + "/" + path;
  return fail(ErrorKind::kOutput, where, what + ": " + std::generic_category().message(code));
}

bool concerns_entry(int code) {
  return code == EINVAL || code == EILSEQ || code == ENAMETOOLONG || code == EFBIG || code == EOVERFLOW ||
         code == EMLINK || code == EOPNOTSUPP || code == ENOSYS;
}

SysResult<std::unique_ptr<OutputFile>> OutputFile::create(Output& output, const std::string& placed,
                                                          std::uint64_t size) {
  std::string part;
  auto created = create_part(output, placed, part);
  if (!created) return tl::unexpected<int>(created.error());
  std::unique_ptr<OutputFile> file(new OutputFile(output, *std::move(created), std::move(part), placed));
  if (const auto done = file->resize(size); !done) return tl::unexpected<int>(done.error());
  return file;
}

OutputFile::~OutputFile() {
  if (!part_.empty()) static_cast<void>(output_.jail->unlink(part_));
}

SysResult<void> OutputFile::resize(std::uint64_t size) {
  if (size > kLargestOffset) return tl::unexpected<int>(EFBIG);
  if (size != size_ && ::ftruncate(file_.get(), static_cast<off_t>(size)) != 0) return tl::unexpected<int>(errno);
  size_ = size;
  return {};
}

Result<void> OutputFile::write(std::uint64_t offset, ByteSpan bytes) {
  if (offset > kLargestOffset || bytes.size() > kLargestOffset - offset) {
    return output_.error(placed_, "cannot be written", EFBIG);
  }
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return output_.error(placed_, "cannot be written", errno);
    offset += static_cast<std::uint64_t>(n);
    bytes = bytes.subspan(static_cast<std::size_t>(n));
  }
  return {};
}

Result<void> OutputFile::commit(const SinkEntry& entry) {
  if (const auto done = resize(entry.facts.size); !done) {
    return output_.error(placed_, "cannot be given its size", done.error());
  }
  apply_xattrs(file_.get(), entry.xattrs, placed_, output_.losses);
  apply(file_.get(), host_attributes(entry.facts, output_.options), placed_, output_.losses);
  // Network filesystems tell of a full disk only on closing.
  if (::close(file_.release()) != 0) return output_.error(placed_, "cannot be written", errno);
  if (const auto done = output_.jail->rename(part_, placed_); !done) {
    return output_.error(placed_, "cannot be put in place", done.error());
  }
  part_.clear();
  output_.names.settle(placed_);
  return {};
}

Result<void> DiscardedFile::write(std::uint64_t /*offset*/, ByteSpan /*bytes*/) { return {}; }

Result<void> DiscardedFile::commit(const SinkEntry& /*entry*/) { return {}; }

}  // namespace coldread::extract
