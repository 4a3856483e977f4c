#include "core/verity/wrong_field.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/read/page_reader.hpp"
#include "core/verity/hasher.hpp"
#include "core/verity/merkle_tree.hpp"

namespace coldread::verity {
namespace {

/// Changes one field after the other and looks whether the root hash fits then.
class Trial {
 public:
  Trial(const Descriptor& descriptor, const read::Reader& file, std::uint64_t tree_offset)
      : stored_(descriptor), file_(file), tree_offset_(tree_offset) {}

  [[nodiscard]] std::optional<std::string> field();

 private:
  [[nodiscard]] bool fits(const Descriptor& changed);
  [[nodiscard]] const Bytes& hashed_to_root(std::uint32_t block_size, bool has_tree);

  const Descriptor& stored_;
  const read::Reader& file_;
  std::uint64_t tree_offset_;
  std::map<std::pair<std::uint32_t, bool>, Bytes> blocks_;
};

/// The block that is hashed to the root hash: empty where it cannot be read.
const Bytes& Trial::hashed_to_root(std::uint32_t block_size, bool has_tree) {
  const auto [at, is_new] = blocks_.try_emplace({block_size, has_tree});
  if (!is_new) return at->second;
  const std::uint64_t offset = has_tree ? tree_offset_ : 0;
  // What is stored past EOF in the only block of a file is hashed with it.
  auto block = read::read_whole(file_, offset, block_size);
  if (!block || (has_tree && block->size() != block_size)) return at->second;
  block->resize(block_size);
  at->second = std::move(*block);
  return at->second;
}

bool Trial::fits(const Descriptor& changed) {
  const auto tree = MerkleTree::make(changed.algorithm, changed.block_size, changed.data_size);
  if (!tree) return false;
  const Bytes& block = hashed_to_root(changed.block_size, tree->levels() != 0);
  if (block.empty()) return false;
  const Bytes hash = Hasher(changed.algorithm, changed.salt).hash(block);
  return std::equal(hash.begin(), hash.end(), stored_.root_hash_field.begin());
}

std::optional<std::string> Trial::field() {
  // Read up to the end of the file, its only block may fit where what is stored past that end is all that is wrong.
  if (fits(stored_)) return std::nullopt;
  Descriptor changed = stored_;
  for (std::size_t bit = 0; bit < stored_.salt.size() * 8; ++bit) {
    changed.salt = stored_.salt;
    changed.salt[bit / 8] ^= std::byte{1} << (bit % 8);
    if (fits(changed)) {
      return "salt is wrong: with bit " + std::to_string(bit % 8) + " of its byte " + std::to_string(bit / 8) +
             " changed, its root hash fits";
    }
  }
  for (std::size_t size = 0; size <= stored_.salt_field.size(); ++size) {
    changed.salt = ByteView(ByteSpan(stored_.salt_field).first(size)).copy();
    if (size != stored_.salt.size() && fits(changed)) {
      return "salt_size of " + std::to_string(stored_.salt.size()) + " is wrong: with " + std::to_string(size) +
             " its root hash fits";
    }
  }
  changed.salt = stored_.salt;
  for (std::uint32_t size = kMinBlockSize; size <= kMaxBlockSize; size *= 2) {
    changed.block_size = size;
    if (size != stored_.block_size && fits(changed)) {
      return "log_blocksize is wrong: with blocks of " + std::to_string(size) + " bytes instead of " +
             std::to_string(stored_.block_size) + " its root hash fits";
    }
  }
  changed.block_size = stored_.block_size;
  changed.algorithm = stored_.algorithm == HashAlgorithm::kSha256 ? HashAlgorithm::kSha512 : HashAlgorithm::kSha256;
  if (fits(changed)) {
    return "hash_algorithm is wrong: with " + std::string(algorithm_name(changed.algorithm)) + " instead of " +
           std::string(algorithm_name(stored_.algorithm)) + " its root hash fits";
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> wrong_field(const Descriptor& descriptor, const read::Reader& file,
                                       std::uint64_t tree_offset) {
  auto field = Trial(descriptor, file, tree_offset).field();
  if (field) *field = "the descriptor's " + *field;
  return field;
}

}  // namespace coldread::verity
