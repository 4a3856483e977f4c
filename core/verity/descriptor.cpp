#include "core/verity/descriptor.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/joined.hpp"
#include "core/base/little_endian.hpp"
#include "core/verity/hasher.hpp"
#include "core/verity/merkle_tree.hpp"

namespace coldread::verity {
namespace {

constexpr unsigned kMinLogBlockSize = 10;
constexpr unsigned kMaxLogBlockSize = 16;

/// struct fsverity_descriptor (fsverity.rst, "fs-verity descriptor"; sig_size is __reserved_0x04 there).
struct StoredDescriptor {
  std::uint8_t version;
  std::uint8_t hash_algorithm;
  std::uint8_t log_blocksize;
  std::uint8_t salt_size;
  Le32 sig_size;
  Le64 data_size;
  std::array<std::byte, 64> root_hash;
  std::array<std::byte, 32> salt;
  std::array<std::byte, 144> reserved;
};
static_assert(sizeof(StoredDescriptor) == kDescriptorSize);
static_assert(offsetof(StoredDescriptor, root_hash) == 16 && offsetof(StoredDescriptor, salt) == 80);

tl::unexpected<Error> malformed(std::string what) {
  return fail(ErrorKind::kCorrupt, "verity descriptor", std::move(what));
}

bool is_known(std::uint8_t algorithm) {
  return algorithm == static_cast<std::uint8_t>(HashAlgorithm::kSha256) ||
         algorithm == static_cast<std::uint8_t>(HashAlgorithm::kSha512);
}

Result<StoredDescriptor> load(ByteView stored) {
  const auto descriptor = stored.load<StoredDescriptor>(0);
  if (!descriptor) {
    return malformed("its " + std::to_string(stored.size()) + " bytes are fewer than the 256 of every descriptor");
  }
  return *descriptor;
}

std::optional<std::string> wrong_block_size(unsigned log_blocksize, std::uint32_t max_block_size) {
  if (log_blocksize < kMinLogBlockSize || log_blocksize > kMaxLogBlockSize) {
    return "a block size of 2^" + std::to_string(log_blocksize) + " bytes is not between 1024 and 65536";
  }
  const std::uint32_t size = 1u << log_blocksize;
  if (size <= max_block_size) return std::nullopt;
  return "a block size of " + std::to_string(size) + " bytes is more than the filesystem's " +
         std::to_string(max_block_size);
}

/// What the kernel refuses a file for, a field each.
std::vector<std::string> wrong_fields(const StoredDescriptor& fixed, std::size_t stored_size, std::uint64_t file_size,
                                      std::uint32_t max_block_size) {
  std::vector<std::string> wrong;
  if (fixed.version != 1) wrong.push_back("version " + std::to_string(fixed.version) + " is unknown");
  if (!is_known(fixed.hash_algorithm)) {
    wrong.push_back("hash algorithm " + std::to_string(fixed.hash_algorithm) + " is unknown");
  }
  if (auto size = wrong_block_size(fixed.log_blocksize, max_block_size)) wrong.push_back(std::move(*size));
  if (fixed.salt_size > fixed.salt.size()) {
    wrong.push_back("a salt of " + std::to_string(fixed.salt_size) + " bytes is longer than 32");
  }
  if (fixed.sig_size > stored_size - kDescriptorSize) {
    wrong.push_back("a signature of " + std::to_string(fixed.sig_size.get()) + " bytes does not fit into the " +
                    std::to_string(stored_size - kDescriptorSize) + " after it");
  }
  if (fixed.data_size != file_size) {
    wrong.push_back("its file size of " + std::to_string(fixed.data_size.get()) + " bytes is not the inode's " +
                    std::to_string(file_size));
  }
  if (!all_zero(fixed.reserved)) wrong.emplace_back("its reserved bytes are in use");
  return wrong;
}

/// What the kernel takes and no tool stores.
Findings odd_fields(const StoredDescriptor& fixed, std::size_t stored_size) {
  Findings odd;
  const std::size_t digest = digest_size(static_cast<HashAlgorithm>(fixed.hash_algorithm));
  if (!all_zero(ByteSpan(fixed.root_hash).subspan(digest))) {
    odd.emplace_back("verity descriptor: the bytes of its root hash past the digest are in use");
  }
  if (!all_zero(ByteSpan(fixed.salt).subspan(fixed.salt_size))) {
    odd.push_back("verity descriptor: the bytes of its salt past the salt size of " + std::to_string(fixed.salt_size) +
                  " are in use");
  }
  const std::size_t room = stored_size - kDescriptorSize;
  if (fixed.sig_size < room) {
    odd.push_back("verity descriptor: its signature size of " + std::to_string(fixed.sig_size.get()) +
                  " bytes is not that of the " + std::to_string(room) + " stored after it");
  }
  return odd;
}

}  // namespace

Result<Descriptor> parse_descriptor(ByteView stored, std::uint64_t file_size, std::uint32_t max_block_size) {
  const auto fixed = load(stored);
  if (!fixed) return fail(fixed.error());
  if (stored.size() > kMaxDescriptorSize) {
    return malformed("its " + std::to_string(stored.size()) + " bytes are more than the kernel takes");
  }
  const auto wrong = wrong_fields(*fixed, stored.size(), file_size, max_block_size);
  if (!wrong.empty()) return malformed(joined(wrong, "; "));

  Descriptor descriptor;
  descriptor.algorithm = static_cast<HashAlgorithm>(fixed->hash_algorithm);
  descriptor.block_size = 1u << fixed->log_blocksize;
  descriptor.salt = ByteView(ByteSpan(fixed->salt).first(fixed->salt_size)).copy();
  descriptor.data_size = fixed->data_size;
  descriptor.root_hash = ByteView(ByteSpan(fixed->root_hash).first(digest_size(descriptor.algorithm))).copy();
  descriptor.signature = stored.sub(kDescriptorSize, fixed->sig_size).value().copy();
  descriptor.root_hash_field = ByteView(fixed->root_hash).copy();
  descriptor.salt_field = ByteView(fixed->salt).copy();
  descriptor.findings = odd_fields(*fixed, stored.size());
  const auto tree = MerkleTree::make(descriptor.algorithm, descriptor.block_size, descriptor.data_size);
  if (!tree) return malformed(tree.error().what);
  return descriptor;
}

Bytes encode(const Descriptor& descriptor) {
  StoredDescriptor stored{};
  stored.version = 1;
  stored.hash_algorithm = static_cast<std::uint8_t>(descriptor.algorithm);
  stored.log_blocksize = static_cast<std::uint8_t>(std::countr_zero(descriptor.block_size));
  stored.salt_size = static_cast<std::uint8_t>(descriptor.salt.size());
  stored.sig_size = static_cast<std::uint32_t>(descriptor.signature.size());
  stored.data_size = descriptor.data_size;
  std::copy(descriptor.root_hash.begin(), descriptor.root_hash.end(), stored.root_hash.begin());
  std::copy(descriptor.salt.begin(), descriptor.salt.end(), stored.salt.begin());
  // Filled by copies: in an insertion g++ 12 sees an overflow that is not there.
  Bytes bytes(sizeof(stored) + descriptor.signature.size());
  const ByteSpan fixed = bytes_of(stored);
  std::copy(fixed.begin(), fixed.end(), bytes.begin());
  std::copy(descriptor.signature.begin(), descriptor.signature.end(), bytes.begin() + sizeof(stored));
  return bytes;
}

Result<Bytes> file_digest(ByteView stored) {
  auto fixed = load(stored);
  if (!fixed) return fail(fixed.error());
  if (!is_known(fixed->hash_algorithm)) {
    return malformed("hash algorithm " + std::to_string(fixed->hash_algorithm) + " is unknown");
  }
  fixed->sig_size = 0;
  const Hasher hasher(static_cast<HashAlgorithm>(fixed->hash_algorithm), {});
  return hasher.hash(bytes_of(*fixed));
}

}  // namespace coldread::verity
