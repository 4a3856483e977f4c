#include "fs/f2fs/node.hpp"

#include <utility>

#include "fs/f2fs/block_use.hpp"
#include "fs/f2fs/nat.hpp"

namespace coldread::f2fs {

std::uint32_t Node::entry(std::uint32_t index) const {
  return ByteView(bytes).load<Le32>(std::uint64_t{index} * kAddrSize)->get();
}

Result<Node> read_node_block(const Filesystem& filesystem, std::uint32_t block) {
  Node node{Bytes(filesystem.block_size()), {}, block};
  if (auto done = source::read_exactly(*filesystem.source, filesystem.byte_of(block), node.bytes); !done) {
    return fail(std::move(done.error()));
  }
  node.footer = *ByteView(node.bytes).load<RawNodeFooter>(node.bytes.size() - sizeof(RawNodeFooter));
  return node;
}

Result<Node> read_node(const Filesystem& filesystem, std::uint32_t nid) {
  const auto address = find_node(filesystem, nid);
  if (!address) return fail(address.error());
  const std::string where = "node " + std::to_string(nid);
  if (address->block == kNullAddr) return fail(ErrorKind::kNotFound, where, "it is not in use");
  if (address->block == kNewAddr) return fail(ErrorKind::kCorrupt, where, "it was never written");
  auto node = read_node_block(filesystem, address->block);
  if (!node) return fail(ErrorKind::kRead, where, node.error().message());
  if (node->nid() != nid) {
    return fail(ErrorKind::kCorrupt, where,
                "block " + std::to_string(address->block) + ", which the NAT names, is node " +
                    std::to_string(node->nid()) + " by its footer");
  }
  if (node->ino() != address->ino) {
    return fail(ErrorKind::kCorrupt, where,
                "it belongs to inode " + std::to_string(address->ino) + " by the NAT and to " +
                    std::to_string(node->ino()) + " by its footer");
  }
  // A block that the newer checkpoint still uses is as this one left it.
  const auto written = static_cast<std::uint32_t>(node->footer.cp_ver);
  const bool may_be_newer = filesystem.newer_use && !filesystem.newer_use->uses(address->block);
  if (may_be_newer && written >= static_cast<std::uint32_t>(filesystem.checkpoint.version())) {
    return fail(ErrorKind::kCorrupt, where, "its block was written after this checkpoint");
  }
  return node;
}

tl::expected<Node, std::string> read_tree_node(const Filesystem& filesystem, std::uint32_t ino, std::uint32_t nid,
                                               std::uint32_t offset) {
  auto node = read_node(filesystem, nid);
  if (!node) return tl::unexpected(node.error().message());
  const std::string name = "node " + std::to_string(nid);
  if (node->ino() != ino) return tl::unexpected(name + ": it belongs to inode " + std::to_string(node->ino()));
  if (node->is_inode()) return tl::unexpected(name + ": it is an inode");
  if (node->offset() != offset) {
    return tl::unexpected(name + ": it is at node offset " + std::to_string(node->offset()) + ", not " +
                          std::to_string(offset));
  }
  return *std::move(node);
}

}  // namespace coldread::f2fs
