#include "fs/f2fs/find_superblock.hpp"

#include <cstring>
#include <optional>
#include <utility>

namespace coldread::f2fs {
namespace {

struct Copy {
  Result<Superblock> superblock;
  Findings findings;
};

Copy read_copy(const source::BlockSource& source, std::uint64_t offset) {
  Copy copy{fail(ErrorKind::kNotFound, "", ""), {}};
  const auto raw = source::read_struct<RawSuperblock>(source, offset);
  copy.superblock = raw ? parse_superblock(*raw, copy.findings) : fail(raw.error());
  return copy;
}

Copy read_second(const source::BlockSource& source, const Copy& first) {
  if (first.superblock) return read_copy(source, first.superblock->block_size + kSuperOffset);
  Copy second{fail(ErrorKind::kNotFound, "", ""), {}};
  for (unsigned bits = kMinBlockBits; bits <= kMaxBlockBits; ++bits) {
    Copy other = read_copy(source, (std::uint64_t{1} << bits) + kSuperOffset);
    if (other.superblock && other.superblock->block_bits == bits) return other;
    if (!other.superblock && other.superblock.error().kind == ErrorKind::kCorrupt) second = std::move(other);
  }
  return second;
}

bool same(const Superblock& a, const Superblock& b) {
  return std::memcmp(&a.raw, &b.raw, offsetof(RawSuperblock, s_stop_reason)) == 0;
}

}  // namespace

Result<FoundSuperblock> find_superblock(const source::BlockSource& source) {
  Copy first = read_copy(source, kSuperOffset);
  Copy second = read_second(source, first);
  FoundSuperblock found;
  if (first.superblock) {
    found.superblock = *std::move(first.superblock);
    found.findings = std::move(first.findings);
    if (!second.superblock) {
      found.findings.push_back("the second superblock cannot be used: " + second.superblock.error().message());
    } else if (!same(found.superblock, *second.superblock)) {
      found.findings.emplace_back("the two superblocks differ; the first is used");
    }
    return found;
  }
  if (second.superblock) {
    found.superblock = *std::move(second.superblock);
    found.findings = std::move(second.findings);
    found.copy = 2;
    found.findings.push_back("the first superblock cannot be used, the second is: " +
                             first.superblock.error().message());
    return found;
  }
  const bool only_second = first.superblock.error().kind == ErrorKind::kNotFound;
  return fail(std::move(only_second ? second.superblock.error() : first.superblock.error()));
}

}  // namespace coldread::f2fs
