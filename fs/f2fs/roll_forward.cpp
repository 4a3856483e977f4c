#include "fs/f2fs/roll_forward.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "fs/f2fs/block_owner.hpp"
#include "fs/f2fs/block_use.hpp"
#include "fs/f2fs/directory.hpp"
#include "fs/f2fs/directory_index.hpp"
#include "fs/f2fs/inode_map.hpp"
#include "fs/f2fs/inode_record.hpp"
#include "fs/f2fs/nat.hpp"
#include "fs/f2fs/node_path.hpp"

namespace coldread::f2fs {
namespace {

/// A file of which something was fsync'd.
struct Synced {
  std::uint32_t last = 0;         ///< block of its last node with the mark: later ones are not taken
  std::uint32_t last_dentry = 0;  ///< block of its last inode with the dentry mark
  bool done = false;
};

/// The inodes of a directory's names.
using Names = std::unordered_map<std::string, std::uint32_t>;

constexpr std::uint64_t kMaxNamesKept = 1'000'000;
constexpr std::uint64_t kMaxNamesRead = 100'000'000;
constexpr std::uint64_t kBytesAsName = 64;  ///< of a directory: reading them costs about what a name does

class Recovery {
 public:
  explicit Recovery(const std::shared_ptr<const Filesystem>& filesystem)
      : filesystem_(*filesystem), shared_(filesystem), nodes_(std::make_shared<RecoveredNodes>()) {}

  RollForward run() {
    follow([this](const Node& node) { find_synced(node); });
    result_.needed = !synced_.empty();
    if (!result_.needed) return std::move(result_);
    follow([this](const Node& node) { recover(node); });
    result_.nodes = nodes_;
    return std::move(result_);
  }

 private:
  void note(std::string what) {
    result_.whole = false;
    // The chain is followed twice.
    if (std::find(result_.findings.begin(), result_.findings.end(), what) == result_.findings.end()) {
      result_.findings.push_back(std::move(what));
    }
  }

  /// Calls `take` for each node of the chain that belongs to this checkpoint.
  template <class Take>
  void follow(Take take) {
    const Superblock& s = filesystem_.superblock();
    const RawCheckpoint& raw = filesystem_.checkpoint.raw;
    const std::uint64_t first = s.raw.main_blkaddr +
                                (std::uint64_t{raw.cur_node_segno[kWarmNode]} << kBlocksPerSegBits) +
                                raw.cur_node_blkoff[kWarmNode];
    if (first >= s.main_end) return;
    std::unordered_set<std::uint32_t> seen;
    for (auto block = static_cast<std::uint32_t>(first); s.in_main_area(block);) {
      if (!seen.insert(block).second) {
        note("roll-forward: the chain of nodes comes back to block " + std::to_string(block) +
             "; it is followed up to there");
        return;
      }
      const auto node = read_node_block(filesystem_, block);
      if (!node) {
        note("roll-forward: block " + std::to_string(block) +
             " cannot be read, so that what was fsync'd after it is lost: " + node.error().message());
        return;
      }
      if (!is_of_checkpoint(*node)) return;
      take(*node);
      block = node->footer.next_blkaddr;
    }
  }

  /// cp_ver holds the checkpoint's version and, in the upper half, its checksum.
  [[nodiscard]] bool is_of_checkpoint(const Node& node) const {
    const Checkpoint& checkpoint = filesystem_.checkpoint;
    std::uint64_t version = checkpoint.version();
    if (checkpoint.has(kCpNocrcRecoveryFlag)) return (version << 32) == (node.footer.cp_ver << 32);
    if (checkpoint.has(kCpCrcRecoveryFlag)) version |= std::uint64_t{checkpoint.crc} << 32;
    return version == node.footer.cp_ver;
  }

  /// The block of the inode that the checkpoint knows; nothing where it knows none.
  [[nodiscard]] std::optional<std::uint32_t> checkpointed(std::uint32_t ino) const {
    const auto address = find_node(filesystem_, ino);
    if (!address || address->block == kNullAddr || address->block == kNewAddr) return std::nullopt;
    return address->block;
  }

  void find_synced(const Node& node) {
    if ((node.footer.flag & kFsyncMark) == 0) return;
    const std::uint32_t ino = node.ino();
    const bool named = node.is_inode() && (node.footer.flag & kDentryMark) != 0;
    auto known = synced_.find(ino);
    if (known == synced_.end()) {
      const auto earlier = checkpointed(ino);
      // Without an inode there is nothing to recover into, yet: it may follow.
      if (!earlier && !named) return;
      known = synced_.emplace(ino, Synced{}).first;
      nodes_->inodes[ino] = {earlier.value_or(node.block), earlier.value_or(0)};
    }
    known->second.last = node.block;
    if (named) known->second.last_dentry = node.block;
  }

  void recover(const Node& node) {
    const auto known = synced_.find(node.ino());
    if (known == synced_.end() || known->second.done) return;
    if (node.is_inode()) {
      recover_inode(node);
      if (known->second.last_dentry == node.block) recover_name(node);
    } else if (node.offset() == kXattrNodeOffset) {
      nodes_->xattr_nodes[node.ino()] = node.block;
    } else {
      recover_direct(node);
    }
    ++result_.applied;
    known->second.done = known->second.last == node.block;
  }

  /// A recovered block may have been another file's at the checkpoint (moved by an ioctl, and only its new owner was
  /// fsync'd): then it is taken from that one.
  void take_block(std::uint32_t block, std::uint32_t ino) {
    if (!filesystem_.superblock().in_main_area(block) || !use().uses(block)) return;
    const auto owner = owner_of(filesystem_, block);
    if (owner && *owner != ino) nodes_->moved[block] = ino;
  }

  const BlockUse& use() {
    if (filesystem_.use) return *filesystem_.use;
    if (!use_) {
      use_.emplace(*filesystem_.source, filesystem_.superblock(), filesystem_.checkpoint, filesystem_.journals);
    }
    return *use_;
  }

  void recover_inode(const Node& node) {
    RecoveredInode& inode = nodes_->inodes[node.ino()];
    const auto before = current(node.ino());
    const bool is_first = inode.later == node.block;  // of a new file, which has no blocks yet
    inode.later = node.block;
    inode.size.reset();
    inode.no_inline_data = false;
    if (const auto after = current(node.ino()); after && !after->has_inline(kInlineData)) {
      const bool had_blocks = before && !is_first && !before->has_inline(kInlineData);
      take_addresses(
          *after, 0, after->addrs, [&](std::uint32_t i) { return had_blocks ? before->addr(i) : kNullAddr; },
          [&](std::uint32_t i) { return after->addr(i); });
    }
    const std::uint8_t flags = *ByteView(node.bytes).byte(offsetof(RawInode, i_inline));
    if (before && !before->has_inline(kInlineData) && (flags & kInlineData) != 0) {
      // Blocks became inline data: the nodes of before are gone.
      inode.no_nodes = true;
      const auto begin = nodes_->directs.lower_bound({node.ino(), 0});
      nodes_->directs.erase(begin, nodes_->directs.upper_bound({node.ino(), 0xffffffff}));
    }
  }

  /// The inode as recovered until now.
  [[nodiscard]] std::optional<InodeRecord> current(std::uint32_t ino) const {
    auto node = make_inode(filesystem_, nodes_->inodes.at(ino));
    if (!node) return std::nullopt;
    auto record = parse_inode(filesystem_.superblock(), *std::move(node));
    if (!record) return std::nullopt;
    return *std::move(record);
  }

  void recover_direct(const Node& node) {
    const auto inode = current(node.ino());
    if (!inode) {
      note("roll-forward: node " + std::to_string(node.nid()) + " belongs to inode " + std::to_string(node.ino()) +
           ", which cannot be read");
      return;
    }
    const TreeShape shape{inode->addrs, inode->addrs_per_node, filesystem_.superblock().addrs_per_block()};
    const auto first = first_block_of(shape, node.offset());
    if (!first) {
      note("roll-forward: node " + std::to_string(node.nid()) + " of inode " + std::to_string(node.ino()) +
           " has node offset " + std::to_string(node.offset()) + ", where no direct node can be");
      return;
    }
    if (inode->has_inline(kInlineData)) nodes_->inodes[node.ino()].no_inline_data = true;
    const std::optional<Node> before = direct_before(*inode, shape, node.offset(), *first);
    take_addresses(
        *inode, *first, shape.direct_addrs, [&](std::uint32_t i) { return before ? before->entry(i) : kNullAddr; },
        [&](std::uint32_t i) { return node.entry(i); });
    nodes_->directs[{node.ino(), node.offset()}] = node.block;
  }

  /// Takes `count` addresses of a node, that of file block `first` on, where they are not what they were. Recovered
  /// blocks past a file's size make it larger, unless it is known to have such blocks.
  template <class Before, class After>
  void take_addresses(const InodeRecord& inode, std::uint64_t first, std::uint32_t count, Before before, After after) {
    const unsigned bits = filesystem_.superblock().block_bits;
    const bool keeps_size = (inode.raw.i_advise & kAdviseKeepSize) != 0;
    std::uint64_t size = inode.facts.size;
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t address = after(i);
      if (address == kNullAddr || address == before(i)) continue;
      take_block(address, inode.node.ino());
      if (!keeps_size && size <= (first + i) << bits) size = (first + i + 1) << bits;
    }
    if (size != inode.facts.size) nodes_->inodes[inode.node.ino()].size = size;
  }

  /// The direct node that the new one takes the place of.
  [[nodiscard]] std::optional<Node> direct_before(const InodeRecord& inode, const TreeShape& shape,
                                                  std::uint32_t offset, std::uint64_t first) const {
    if (const std::uint32_t block = nodes_->direct(inode.node.ino(), offset); block != 0) {
      auto node = read_node_block(filesystem_, block);
      return node ? std::optional(*std::move(node)) : std::nullopt;
    }
    const auto path = node_path(shape, first);
    std::optional<Node> node;
    for (unsigned level = 0; path && level < path->depth; ++level) {
      const NodePath::Step& step = path->steps[level];
      const std::uint32_t nid = node ? node->entry(step.index) : inode.nid(step.index);
      if (nid == 0) return std::nullopt;
      auto next = read_tree_node(filesystem_, inode.node.ino(), nid, step.node_offset);
      if (!next) return std::nullopt;
      node = *std::move(next);
    }
    return node;
  }

  /// Adds the name that the inode keeps to the directory that it names.
  void recover_name(const Node& node) {
    const auto raw = *ByteView(node.bytes).load<RawInode>(0);
    const std::uint32_t directory = raw.i_pino;
    const std::string where = "roll-forward: the name of inode " + std::to_string(node.ino());
    const std::uint32_t length = raw.i_namelen;
    const auto parent = read_inode(filesystem_, {directory});
    const auto refuse = [&](const std::string& why) {
      note(where + " cannot be added to inode " + std::to_string(directory) + ": " + why);
    };
    if (!parent || parent->facts.type != volume::FileType::kDir || length == 0 || length > kNameLen) {
      refuse(parent ? "that is no directory, or the name has no length" : parent.error().message());
      return;
    }
    const ByteView stored = *ByteView(node.bytes).sub(offsetof(RawInode, i_name), length);
    RecoveredNodes::Name name{stored.str(), node.ino(), 0};
    if (const char* fault = volume::name_fault(name.name, parent->facts.encrypted)) {
      refuse(fault);
      return;
    }
    if (!parent->facts.casefold) {
      name.hash = name_hash(stored);
    } else if (parent->facts.encrypted) {
      // It cannot be computed without the key, so it is kept behind the name.
      const auto kept = ByteView(node.bytes).load<Le32>(offsetof(RawInode, i_name) + length);
      if (length + sizeof(Le32) > kNameLen) {
        refuse("its hash has no room behind it");
        return;
      }
      name.hash = *kept;
    }
    Names* const taken = names_of(*parent);
    if (taken == nullptr) {
      refuse("too many names were read to add others");
      return;
    }
    const auto [owner, is_new] = taken->emplace(name.name, name.ino);
    if (!is_new) {
      if (owner->second == name.ino) return;
      lose_name(owner->second, directory);
      owner->second = name.ino;
    }
    nodes_->names[directory].push_back(std::move(name));
    ++result_.names;
  }

  /// The names of a directory as recovered until now, by the inodes that have them. Null where a hostile chain would
  /// have so many read, over and over again, that it would take forever.
  Names* names_of(const InodeRecord& directory) {
    const std::uint32_t ino = directory.node.nid();
    if (const auto known = known_names_.find(ino); known != known_names_.end()) return &known->second;
    if (names_read_ > kMaxNamesRead) return nullptr;
    volume::Directory entries;
    if (const auto map = map_inode(shared_, directory, 0)) entries = read_directory(shared_, directory, *map);
    names_read_ += entries.entries.size() + std::min(directory.facts.size, filesystem_.source->size()) / kBytesAsName;
    nodes_->apply_names(ino, entries);
    names_kept_ += entries.entries.size();
    if (names_kept_ > kMaxNamesKept) {
      known_names_.clear();
      names_kept_ = entries.entries.size();
    }
    Names& names = known_names_[ino];
    for (volume::DirEntry& entry : entries.entries) {
      names.emplace(std::move(entry.name), static_cast<std::uint32_t>(entry.inode.value));
    }
    return &names;
  }

  /// Another file's name, in a directory, is taken from it.
  void lose_name(std::uint32_t ino, std::uint32_t directory) {
    lose_links(ino, 1);
    const auto inode = nodes_->inodes.contains(ino) ? current(ino) : std::nullopt;
    if (!inode) return;
    if (inode->facts.type == volume::FileType::kDir) {  // "." in it, and ".." that names the directory
      lose_links(ino, 1);
      lose_links(directory, 1);
    }
    if (inode->facts.links <= (inode->facts.type == volume::FileType::kDir ? 1u : 0u)) nodes_->gone.insert(ino);
  }

  void lose_links(std::uint32_t ino, std::uint32_t links) {
    if (!nodes_->inodes.contains(ino)) {
      const auto block = checkpointed(ino);
      if (!block) return;
      nodes_->inodes[ino] = {*block, *block};
    }
    nodes_->inodes[ino].links_lost += links;
  }

  const Filesystem& filesystem_;
  const std::shared_ptr<const Filesystem>& shared_;
  std::shared_ptr<RecoveredNodes> nodes_;
  std::map<std::uint32_t, Synced> synced_;
  std::map<std::uint32_t, Names> known_names_;  ///< by directory
  std::uint64_t names_kept_ = 0;
  std::uint64_t names_read_ = 0;
  std::optional<BlockUse> use_;
  RollForward result_;
};

}  // namespace

RollForward roll_forward(const std::shared_ptr<const Filesystem>& filesystem) { return Recovery(filesystem).run(); }

std::vector<std::uint32_t> read_orphans(const Filesystem& filesystem, Findings& findings) {
  std::vector<std::uint32_t> orphans;
  const Checkpoint& checkpoint = filesystem.checkpoint;
  if (!checkpoint.has(kCpOrphanPresentFlag)) return orphans;
  const std::uint32_t payload = filesystem.superblock().raw.cp_payload;
  const std::uint32_t count = checkpoint.raw.cp_pack_start_sum - 1 - payload;
  Bytes bytes(filesystem.block_size());
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string name = "orphan block " + std::to_string(i) + ": ";
    const std::uint64_t block = std::uint64_t{checkpoint.first_block} + 1 + payload + i;
    if (auto done = source::read_exactly(*filesystem.source, filesystem.byte_of(block), bytes); !done) {
      findings.push_back(name + done.error().message());
      continue;
    }
    const ByteView view(bytes);
    const std::uint64_t room = (bytes.size() - sizeof(RawOrphanFooter)) / sizeof(Le32);
    const auto footer = *view.load<RawOrphanFooter>(bytes.size() - sizeof(RawOrphanFooter));
    const std::uint64_t entries = footer.entry_count;
    if (entries > room) findings.push_back(name + "it claims " + std::to_string(entries) + " entries");
    for (std::uint64_t at = 0; at < std::min(entries, room); ++at) {
      orphans.push_back(*view.load<Le32>(at * sizeof(Le32)));
    }
  }
  return orphans;
}

}  // namespace coldread::f2fs
