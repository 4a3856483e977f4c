#include "core/verity/digest_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

namespace coldread::verity {
namespace {

TreeBuilder::OnBlock by_offset(const MerkleTree& shape, OnTreeBlock on_block) {
  if (!on_block) return nullptr;
  return [shape, told = std::move(on_block)](unsigned level, std::uint64_t index, ByteSpan block) {
    told(shape.offset(level, index), block);
  };
}

/// A hole is cut only where its tree is told of, block by block: so that an interruption need not wait for it.
constexpr std::uint64_t kToldHoleBlocks = std::uint64_t{1} << 18;

std::string because(int code) { return ": " + std::generic_category().message(code); }

bool same(const timespec& a, const timespec& b) { return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec; }

std::string kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "is a directory";
  if (S_ISBLK(mode) || S_ISCHR(mode)) return "is a device";
  if (S_ISFIFO(mode)) return "is a fifo";
  return S_ISSOCK(mode) ? "is a socket" : "is no regular file";
}

}  // namespace

DigestMethod::DigestMethod(HashAlgorithm chosen, std::uint32_t bytes_of_block, Bytes salt_bytes)
    : algorithm(chosen),
      block_size(bytes_of_block),
      salt(std::move(salt_bytes)),
      hasher(algorithm, salt),
      zero_hash(hasher.hash(Bytes(block_size))) {}

Result<std::shared_ptr<DigestFile>> DigestFile::of(const std::string& path, const DigestMethod& method,
                                                   OnTreeBlock on_block) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return fail(ErrorKind::kNotFound, path, "cannot be opened" + because(errno));
  }
  // Looked at before it is opened too: opening some devices does something.
  const auto irregular = [&] { return fail(ErrorKind::kNotFound, path, kind_of(status.st_mode) + ", not a file"); };
  if (!S_ISREG(status.st_mode)) return irregular();
  auto source = source::FileSource::open(path);
  if (!source) return fail(std::move(source.error()));
  if (::fstat((*source)->descriptor(), &status) != 0) {
    return fail(ErrorKind::kRead, path, "its size cannot be told" + because(errno));
  }
  if (!S_ISREG(status.st_mode)) return irregular();
  const auto shape = MerkleTree::make(method.algorithm, method.block_size, static_cast<std::uint64_t>(status.st_size));
  if (!shape) return fail(ErrorKind::kUnsupported, path, shape.error().what);
  return std::shared_ptr<DigestFile>(
      new DigestFile(path, method, *std::move(source), status, *shape, std::move(on_block)));
}

DigestFile::DigestFile(std::string path, const DigestMethod& method, std::shared_ptr<const source::FileSource> source,
                       const struct stat& status, const MerkleTree& shape, OnTreeBlock on_block)
    : path_(std::move(path)),
      method_(method),
      source_(std::move(source)),
      status_(status),
      data_blocks_(shape.data_blocks()),
      most_hole_blocks_(on_block ? kToldHoleBlocks : std::numeric_limits<std::uint64_t>::max()),
      builder_(method.hasher, shape, by_offset(shape, std::move(on_block))) {}

/// Learns where, from next_block_ on, data begins and ends. A block that is partly data is data, as is everything in a
/// filesystem that does not tell of holes.
void DigestFile::look_for_data() {
  const std::uint64_t block = method_.block_size;
  data_from_ = next_block_;
  data_until_ = data_blocks_;
  const int file = source_->descriptor();
  const off_t data = ::lseek(file, static_cast<off_t>(next_block_ * block), SEEK_DATA);
  if (data < 0) {
    if (errno == ENXIO) data_from_ = data_blocks_;
    return;
  }
  data_from_ = std::min(data_blocks_, std::max(next_block_, static_cast<std::uint64_t>(data) / block));
  const off_t hole = ::lseek(file, data, SEEK_HOLE);
  if (hole <= data) return;
  const auto end = static_cast<std::uint64_t>(hole);
  data_until_ = std::min(data_blocks_, end / block + (end % block != 0 ? 1 : 0));
}

DigestFile::Piece DigestFile::take() {
  Piece piece{.number = next_number_++, .first_block = next_block_};
  if (failed_) {  // the rest need not be read
    piece.hole = piece.last = true;
    return piece;
  }
  if (next_block_ >= data_until_ && next_block_ < data_blocks_) look_for_data();
  piece.hole = next_block_ < data_from_;
  piece.blocks = piece.hole ? std::min(data_from_ - next_block_, most_hole_blocks_)
                            : std::min<std::uint64_t>(data_until_ - next_block_, kPieceSize / method_.block_size);
  next_block_ += piece.blocks;
  piece.last = next_block_ == data_blocks_;
  return piece;
}

/// Fills `out`, or tells why that failed.
std::optional<std::string> DigestFile::read(std::uint64_t offset, MutableByteSpan out) const {
  while (!out.empty()) {
    const ssize_t n = ::pread(source_->descriptor(), out.data(), out.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return "could not be read at offset " + std::to_string(offset) + because(errno);
    if (n == 0) return "ends after " + std::to_string(offset) + " bytes, though its size tells of more";
    offset += static_cast<std::uint64_t>(n);
    out = out.subspan(static_cast<std::size_t>(n));
  }
  return std::nullopt;
}

Bytes DigestFile::read_and_hash(const Piece& piece, MutableByteSpan buffer) {
  const std::uint64_t offset = piece.first_block * method_.block_size;
  const MutableByteSpan blocks = buffer.first(static_cast<std::size_t>(piece.blocks * method_.block_size));
  const auto size = static_cast<std::uint64_t>(status_.st_size);
  const MutableByteSpan data =
      blocks.first(static_cast<std::size_t>(std::min<std::uint64_t>(blocks.size(), size - offset)));
  if (auto fault = read(offset, data)) {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    if (!fault_) fault_ = std::move(fault);
    return {};
  }
  const MutableByteSpan rest = blocks.subspan(data.size());
  std::fill(rest.begin(), rest.end(), std::byte{0});
  Bytes digests(static_cast<std::size_t>(piece.blocks) * method_.hasher.digest_size());
  method_.hasher.hash_blocks(blocks, method_.block_size, digests);
  return digests;
}

DigestFile::Progress DigestFile::hash(const Piece& piece, MutableByteSpan buffer) {
  Hashed hashed{piece, {}};
  if (!piece.hole && !failed_) hashed.digests = read_and_hash(piece, buffer);
  const std::lock_guard lock(mutex_);
  waiting_.emplace(piece.number, std::move(hashed));
  Progress progress;
  for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_to_add_;
       first = waiting_.erase(first), ++next_to_add_, ++progress.done) {
    const Hashed& next = first->second;
    if (!failed_ && next.piece.hole) builder_.add_run(method_.zero_hash, next.piece.blocks);
    if (!failed_ && !next.piece.hole) builder_.add(next.digests);
    if (next.piece.last) progress.complete = true;
  }
  return progress;
}

/// What was read may be a mixture of old and new where the file was written to meanwhile.
Result<void> DigestFile::check_unchanged() const {
  struct stat now {};
  if (::fstat(source_->descriptor(), &now) != 0) {
    return fail(ErrorKind::kRead, path_, "its size cannot be told" + because(errno));
  }
  if (now.st_size != status_.st_size) {
    return fail(ErrorKind::kRead, path_,
                "changed its size while it was read, from " + std::to_string(status_.st_size) + " to " +
                    std::to_string(now.st_size) + " bytes");
  }
  if (!same(now.st_mtim, status_.st_mtim) || !same(now.st_ctim, status_.st_ctim)) {
    return fail(ErrorKind::kRead, path_, "was changed while it was read");
  }
  return {};
}

Result<Descriptor> DigestFile::finish() {
  if (auto unchanged = check_unchanged(); !unchanged) return fail(std::move(unchanged.error()));
  if (fault_) return fail(ErrorKind::kRead, path_, *fault_);
  std::byte past{};
  const auto size = static_cast<std::uint64_t>(status_.st_size);
  if (!read(size, MutableByteSpan(&past, 1))) {  // as files of /proc, whose size is 0
    return fail(ErrorKind::kRead, path_, "holds more than the " + std::to_string(size) + " bytes that its size tells");
  }
  Descriptor descriptor;
  descriptor.algorithm = method_.algorithm;
  descriptor.block_size = method_.block_size;
  descriptor.salt = method_.salt;
  descriptor.data_size = size;
  descriptor.root_hash = builder_.finish();
  return descriptor;
}

}  // namespace coldread::verity
