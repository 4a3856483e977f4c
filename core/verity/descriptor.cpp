#include "core/verity/descriptor.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <utility>

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

Result<StoredDescriptor> load(ByteView stored) {
  const auto descriptor = stored.load<StoredDescriptor>(0);
  if (!descriptor) {
    return malformed("its " + std::to_string(stored.size()) + " bytes are fewer than the 256 of every descriptor");
  }
  if (descriptor->version != 1) return malformed("version " + std::to_string(descriptor->version) + " is unknown");
  if (descriptor->hash_algorithm != static_cast<std::uint8_t>(HashAlgorithm::kSha256) &&
      descriptor->hash_algorithm != static_cast<std::uint8_t>(HashAlgorithm::kSha512)) {
    return malformed("hash algorithm " + std::to_string(descriptor->hash_algorithm) + " is unknown");
  }
  return *descriptor;
}

Result<std::uint32_t> block_size_of(const StoredDescriptor& stored, std::uint32_t max_block_size) {
  const unsigned log = stored.log_blocksize;
  if (log < kMinLogBlockSize || log > kMaxLogBlockSize) {
    return malformed("a block size of 2^" + std::to_string(log) + " bytes is not between 1024 and 65536");
  }
  const std::uint32_t size = 1u << log;
  if (size > max_block_size) {
    return malformed("a block size of " + std::to_string(size) + " bytes is more than the filesystem's " +
                     std::to_string(max_block_size));
  }
  return size;
}

}  // namespace

Result<Descriptor> parse_descriptor(ByteView stored, std::uint64_t file_size, std::uint32_t max_block_size) {
  const auto fixed = load(stored);
  if (!fixed) return fail(fixed.error());
  if (stored.size() > kMaxDescriptorSize) {
    return malformed("its " + std::to_string(stored.size()) + " bytes are more than the kernel takes");
  }
  const auto block_size = block_size_of(*fixed, max_block_size);
  if (!block_size) return fail(block_size.error());
  if (!all_zero(fixed->reserved)) return malformed("its reserved bytes are in use");
  if (fixed->salt_size > fixed->salt.size()) {
    return malformed("a salt of " + std::to_string(fixed->salt_size) + " bytes is longer than 32");
  }
  if (fixed->data_size != file_size) {
    return malformed("its file size of " + std::to_string(fixed->data_size) + " bytes is not the inode's " +
                     std::to_string(file_size));
  }
  const auto signature = stored.sub(kDescriptorSize, fixed->sig_size);
  if (!signature) {
    return malformed("a signature of " + std::to_string(fixed->sig_size.get()) + " bytes does not fit into the " +
                     std::to_string(stored.size() - kDescriptorSize) + " after it");
  }

  Descriptor descriptor;
  descriptor.algorithm = static_cast<HashAlgorithm>(fixed->hash_algorithm);
  descriptor.block_size = *block_size;
  descriptor.salt = ByteView(ByteSpan(fixed->salt).first(fixed->salt_size)).copy();
  descriptor.data_size = fixed->data_size;
  descriptor.root_hash = ByteView(ByteSpan(fixed->root_hash).first(digest_size(descriptor.algorithm))).copy();
  descriptor.signature = signature->copy();
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
  Bytes bytes = ByteView(bytes_of(stored)).copy();
  bytes.insert(bytes.end(), descriptor.signature.begin(), descriptor.signature.end());
  return bytes;
}

Result<Bytes> file_digest(ByteView stored) {
  auto fixed = load(stored);
  if (!fixed) return fail(fixed.error());
  fixed->sig_size = 0;
  const Hasher hasher(static_cast<HashAlgorithm>(fixed->hash_algorithm), {});
  return hasher.hash(bytes_of(*fixed));
}

Result<void> check_tree_fits(const Descriptor& descriptor, std::uint64_t tree_space) {
  const auto tree = MerkleTree::make(descriptor.algorithm, descriptor.block_size, descriptor.data_size);
  if (!tree) return fail(tree.error());
  if (tree->size() > tree_space) {
    return malformed("a Merkle tree of " + std::to_string(tree->size()) + " bytes does not fit into the " +
                     std::to_string(tree_space) + " before the descriptor");
  }
  return {};
}

}  // namespace coldread::verity
