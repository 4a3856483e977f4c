#include "fs/ext4/fast_commit_replay.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "core/base/text.hpp"
#include "fs/ext4/inode.hpp"
#include "fs/ext4/inode_map.hpp"

namespace coldread::ext4 {
namespace {

// EXT_MAX_BLOCKS of the kernel: the last of the 2^32 numbers is no block's.
constexpr std::uint64_t kBlocksEnd = kMaxFileBlocks - 1;
constexpr std::uint16_t kMaxLinks = 65000;  // EXT4_LINK_MAX
constexpr std::size_t kInodeHeader = 4;     // fc_ino, before the inode's own bytes

// Bounds for what no honest log comes near: names are kept in memory, some ten times as large as on disk.
constexpr std::uint64_t kMostNames = std::uint64_t{128} << 20;
constexpr std::uint64_t kMostFolds = 50'000'000;

using Kind = RangeEdit::Kind;

std::uint32_t number_at(const FastCommitRecord& record, std::size_t offset) {
  const auto value = ByteView(record.value).load<Le32>(offset);
  return value ? value->get() : 0;
}

std::string lower(const std::string& name) {
  std::string text = name;
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string quoted(const std::string& name) { return '"' + to_utf8(name) + '"'; }

/// A name that no directory can hold.
bool impossible(const std::string& name) {
  return name == "." || name == ".." || name.find('/') != std::string::npos || name.find('\0') != std::string::npos;
}

}  // namespace

FastCommitReplay::FastCommitReplay(std::shared_ptr<const Filesystem> filesystem)
    : filesystem_(std::move(filesystem)),
      inodes_(filesystem_),
      name_budget_(std::min(filesystem_->source->size(), kMostNames)),
      fold_budget_(kMostFolds) {}

void FastCommitReplay::note(const FastCommitRecord& record, const std::string& what) {
  constexpr std::size_t kMaxFindings = 100;
  if (findings_.size() < kMaxFindings) findings_.push_back(record.where() + ": " + what);
}

bool FastCommitReplay::refuse(const FastCommitRecord& record, const std::string& why) {
  note(record, why + "; the kernel gives up recovery here and refuses to mount, and what follows is not applied");
  return false;
}

bool FastCommitReplay::apply(const FastCommitRecord& record) {
  switch (record.tag) {
    case FastCommitTag::kAddRange: add_range(record); return true;
    case FastCommitTag::kDelRange: del_range(record); return true;
    case FastCommitTag::kInode: return replace_inode(record);
    case FastCommitTag::kCreat: return create(record);
    case FastCommitTag::kLink: {
      const Dentry dentry = dentry_of(record);
      auto inode = inodes_.read({dentry.inode});
      return !inode || link(record, dentry, *inode);
    }
    case FastCommitTag::kUnlink: unlink(record); return true;
    case FastCommitTag::kPad:
    case FastCommitTag::kTail:
    case FastCommitTag::kHead: return true;
  }
  return true;
}

// ---- ranges

void FastCommitReplay::add_range(const FastCommitRecord& record) {
  const auto extent = ByteView(record.value).load<RawExtent>(sizeof(Le32));
  auto inode = inodes_.read({number_at(record, 0)});
  if (!extent || !inode) return;  // as the kernel, which takes the inode for one that is gone
  const bool unwritten = extent->ee_len > kMaxWrittenLength;
  const std::uint64_t length = unwritten ? extent->ee_len - kMaxWrittenLength : extent->ee_len.get();
  if (length == 0) return;
  const std::uint64_t first = extent->ee_block;
  const std::uint64_t start = join(extent->ee_start_lo, extent->ee_start_hi);
  const BlockRange range{first, std::min(first + length, kBlocksEnd)};
  bool possible = range.end == first + length && filesystem_->superblock().blocks_valid(start, length);
  if (mapping_of(*filesystem_, *inode) != Mapping::kExtents) {
    note(record, "it adds blocks to " + inode->where() + ", which is not mapped by extents");
    possible = false;
  } else if (!possible) {
    note(record, "it puts blocks of " + inode->where() + " where none can be");
  }
  edits_.ranges[inode->facts.number.value].set(range, {!possible   ? Kind::kImpossible
                                                       : unwritten ? Kind::kUnwritten
                                                                   : Kind::kMapped,
                                                       0, start});
}

void FastCommitReplay::del_range(const FastCommitRecord& record) {
  auto inode = inodes_.read({number_at(record, 0)});
  if (!inode) return;
  const std::uint64_t first = number_at(record, 4);
  const std::uint64_t length = number_at(record, 8);
  if (length == 0 && first != 0) return;
  // The kernel reckons the last block in 32 bits: none from block 0 on is all of them.
  const BlockRange range{first, length == 0 ? kBlocksEnd : first + length};
  if (range.end > kBlocksEnd) {
    note(record, "it removes blocks of " + inode->where() + " past what a file can have; it is not applied");
    return;
  }
  edits_.ranges[inode->facts.number.value].set(range, {Kind::kRemoved, 0, 0});
}

// ---- inodes

bool FastCommitReplay::replace_inode(const FastCommitRecord& record) {
  const InodeNumber number{number_at(record, 0)};
  auto bytes = inodes_.bytes(number);
  if (number.value < kRootInode || !bytes) {
    note(record, "there is no inode " + std::to_string(number.value) + " to replace");
    return true;
  }
  const ByteView from = *ByteView(record.value).sub(kInodeHeader, record.value.size() - kInodeHeader);
  // i_block stays, since ranges have tags of their own; so do attributes after the fields, which have none.
  const auto copy = [&](std::size_t begin, std::size_t end) {
    const ByteSpan part = from.span().subspan(begin, end - begin);
    std::copy(part.begin(), part.end(), bytes->begin() + static_cast<std::ptrdiff_t>(begin));
  };
  constexpr std::size_t kBlock = offsetof(RawInode, i_block);
  constexpr std::size_t kAfterBlock = offsetof(RawInode, i_generation);
  copy(0, kBlock);
  copy(kAfterBlock, std::min(from.size(), bytes->size()));
  const std::uint32_t flags = from.load<Le32>(offsetof(RawInode, i_flags))->get();
  if (flags & kExtentsFlag) {
    const auto root = ByteView(*bytes).load<RawExtentHeader>(kBlock);
    if (root->eh_magic != kExtentMagic) put(*bytes, kBlock, empty_extent_root());
  } else if (flags & kInlineDataFlag) {
    copy(kBlock, kAfterBlock);
  }
  static_cast<void>(inodes_.set(number, *std::move(bytes)));

  auto inode = inodes_.read(number);
  if (!inode) return refuse(record, "inode " + std::to_string(number.value) + " is not in use after it");
  // Recovery counts the blocks anew. Only for symlinks it decides how they are read.
  if (inode->facts.type == volume::FileType::kSymlink && (flags & kExtentsFlag) != 0) {
    const std::uint32_t blocks = first_block_mapped(*inode) ? filesystem_->block_size() / 512 : 0;
    Bytes changed = inode->bytes;
    put(changed, offsetof(RawInode, i_blocks_lo), Le32(blocks));
    static_cast<void>(inodes_.set(number, std::move(changed)));
  }
  return true;
}

bool FastCommitReplay::first_block_mapped(const InodeRecord& inode) const {
  const auto map = Ext4Inode(filesystem_, inode).map();
  if (!map) return false;
  const auto edits = edits_.ranges.find(inode.facts.number.value);
  if (edits != edits_.ranges.end() && !edits->second.empty() && edits->second.all().begin()->first == 0) {
    return edits->second.all().begin()->second.kind != Kind::kRemoved;
  }
  const read::MapPiece piece = map->piece(0, 1);
  return !piece.extents.empty() && piece.extents.front().kind != read::ExtentKind::kHole;
}

// ---- names

FastCommitReplay::Dentry FastCommitReplay::dentry_of(const FastCommitRecord& record) {
  const ByteView value(record.value);
  return {number_at(record, 0), number_at(record, 4), value.sub(8, value.size() - 8)->str()};
}

bool FastCommitReplay::create(const FastCommitRecord& record) {
  const Dentry dentry = dentry_of(record);
  auto inode = inodes_.read({dentry.inode});
  if (!inode || dentry.inode < filesystem_->superblock().first_inode) {
    return refuse(record, "it names inode " + std::to_string(dentry.inode) + ", which is not in use");
  }
  if (inode->facts.type == volume::FileType::kDir) {
    if (!inodes_.read({dentry.parent})) return true;
    if (!init_directory(*inode)) {
      // Such as when a new directory takes the number of one that was removed since the last whole transaction.
      note(record, inode->where() + " is to be a new directory and has blocks already: the kernel gives it no name, " +
                       "and may refuse to mount");
      return true;
    }
  }
  if (!link(record, dentry, *inode)) return false;
  if (auto linked = inodes_.read({dentry.inode})) static_cast<void>(inodes_.set_links(*linked, 1));
  return true;
}

bool FastCommitReplay::init_directory(InodeRecord& inode) {
  if (mapping_of(*filesystem_, inode) == Mapping::kExtents && first_block_mapped(inode)) return false;
  const std::uint64_t number = inode.facts.number.value;
  Bytes changed = inode.bytes;
  // A directory of inline data begins with what i_block holds (EXT4_MIN_INLINE_DATA_SIZE).
  const bool is_inline = mapping_of(*filesystem_, inode) == Mapping::kInlineData;
  const std::uint32_t size = is_inline ? sizeof(RawInode::i_block) : filesystem_->block_size();
  put(changed, offsetof(RawInode, i_size_lo), Le32(size));
  static_cast<void>(inodes_.set(inode.facts.number, std::move(changed)));
  if (auto again = inodes_.read(inode.facts.number)) inode = *std::move(again);
  edits_.directories[number] = NameEdits{true, {}, {}};
  names_.erase(number);
  return true;
}

FastCommitReplay::Names* FastCommitReplay::names_of(std::uint64_t directory) {
  if (const auto known = names_.find(directory); known != names_.end()) return &known->second;
  auto inode = inodes_.read({directory});
  if (!inode || inode->facts.type != volume::FileType::kDir) return nullptr;
  Names names{inode->facts.encrypted, inode->facts.casefold, {}};
  if (!edits_.made_new({directory})) {
    if (inode->facts.size > name_budget_) return nullptr;
    name_budget_ -= inode->facts.size;
    auto entries = Ext4Inode(filesystem_, *std::move(inode)).entries();
    if (!entries) return nullptr;
    for (volume::DirEntry& entry : entries->entries) names.inodes.emplace(std::move(entry.name), entry.inode.value);
  }
  return &names_.emplace(directory, std::move(names)).first->second;
}

bool FastCommitReplay::link(const FastCommitRecord& record, const Dentry& dentry, InodeRecord& inode) {
  if (!inodes_.read({dentry.parent})) return true;  // the kernel skips what names a directory that is not there
  Names* names = names_of(dentry.parent);
  if (!names) {
    note(record, "inode " + std::to_string(dentry.parent) + " is no directory that can be read; the name " +
                     quoted(dentry.name) + " is not added to it");
    return true;
  }
  if (names->encrypted) return refuse(record, "it adds a name to an encrypted directory, whose key recovery has not");
  if (impossible(dentry.name)) {
    note(record, "no file can be named " + quoted(dentry.name) + "; the name is not added");
    return true;
  }
  if (find_name(*names, {dentry.parent, 0, dentry.name}) != names->inodes.end()) return true;
  add_name(*names, dentry);
  const bool dir = inode.facts.type == volume::FileType::kDir;
  const std::uint64_t links = inode.facts.links + 1;
  const bool many = dir && inode.has(kIndexFlag) && (links > kMaxLinks || links == 2);
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint16_t>::max();
  static_cast<void>(inodes_.set_links(inode, many ? 1 : static_cast<std::uint16_t>(std::min(links, kMost))));
  return true;
}

void FastCommitReplay::unlink(const FastCommitRecord& record) {
  const Dentry dentry = dentry_of(record);
  auto inode = inodes_.read({dentry.inode});
  if (!inode || !inodes_.read({dentry.parent})) return;
  Names* names = names_of(dentry.parent);
  if (!names) {
    note(record, "inode " + std::to_string(dentry.parent) + " is no directory that can be read; the name " +
                     quoted(dentry.name) + " is not removed from it");
    return;
  }
  if (names->encrypted) return;  // without the key no name is found, which the kernel tolerates
  const auto found = find_name(*names, dentry);
  if (found == names->inodes.end()) return;
  // A name that another inode has taken since stays; the link is gone all the same.
  if (found->second == dentry.inode) remove_name(*names, found, dentry.parent);
  if (inode->facts.links > 1) {
    static_cast<void>(inodes_.set_links(*inode, static_cast<std::uint16_t>(inode->facts.links - 1)));
    return;
  }
  static_cast<void>(inodes_.clear(*inode));
  edits_.ranges.erase(dentry.inode);
}

std::map<std::string, std::uint64_t>::iterator FastCommitReplay::find_name(Names& names, const Dentry& dentry) {
  const auto exact = names.inodes.find(dentry.name);
  if (exact != names.inodes.end() || !names.casefold || names.inodes.size() > fold_budget_) return exact;
  fold_budget_ -= names.inodes.size();
  // The log holds a name as it was spelled, the directory as it was made. Letters beyond ASCII are not folded here:
  // the inode tells, where it has no other name in the directory.
  auto other = names.inodes.end();
  std::size_t count = 0;
  const std::string folded = lower(dentry.name);
  for (auto at = names.inodes.begin(); at != names.inodes.end(); ++at) {
    if (lower(at->first) == folded) return at;
    if (dentry.inode != 0 && at->second == dentry.inode) {
      other = at;
      ++count;
    }
  }
  return count == 1 ? other : names.inodes.end();
}

void FastCommitReplay::remove_name(Names& names, std::map<std::string, std::uint64_t>::iterator name,
                                   std::uint64_t directory) {
  NameEdits& edits = edits_.directories[directory];
  if (const auto added = edits.added.find(name->first); added != edits.added.end()) {
    edits.added.erase(added);
  } else {
    edits.removed.emplace(name->first, name->second);
  }
  names.inodes.erase(name);
}

void FastCommitReplay::add_name(Names& names, const Dentry& dentry) {
  NameEdits& edits = edits_.directories[dentry.parent];
  names.inodes.emplace(dentry.name, dentry.inode);
  if (edits.removed.erase({dentry.name, dentry.inode}) == 0) edits.added.emplace(dentry.name, dentry.inode);
}

}  // namespace coldread::ext4
