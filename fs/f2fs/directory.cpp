#include "fs/f2fs/directory.hpp"

#include <set>
#include <string>
#include <utility>

#include "core/volume/directory_notes.hpp"
#include "fs/f2fs/directory_blocks.hpp"
#include "fs/f2fs/directory_index.hpp"

namespace coldread::f2fs {
namespace {

constexpr std::size_t kMaxRemovedNames = 1'000'000;
constexpr std::uint8_t kMaxFileType = 7;  // F2FS_FT_SYMLINK
constexpr std::size_t kMinEncryptedName = 16;

std::string slot_at(std::uint64_t block, std::uint32_t slot) {
  return "directory block " + std::to_string(block) + ", slot " + std::to_string(slot) + ": ";
}

bool is_dots(const std::string& name) { return name == "." || name == ".."; }

}  // namespace

volume::Directory read_directory(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode,
                                 const read::FileMap& map) {
  volume::Directory directory;
  volume::DirectoryNotes notes(inode.where());
  const auto note = [&](const std::string& what) { notes.add(what); };
  const bool is_inline = inode.has_inline(kInlineDentry);
  if (!is_inline && inode.facts.size % filesystem->block_size() != 0) {
    note("its size of " + std::to_string(inode.facts.size) + " bytes is no multiple of the block size");
  }
  each_dentry_area(
      filesystem, inode, map,
      [&](std::uint64_t block, const DentryArea& area) {
        area.each(
            [&](const DentryArea::Entry& found) {
              if (block == 0 && found.slot < 2 && is_dots(found.name)) return;
              if (const char* fault = volume::name_fault(found.name, inode.facts.encrypted)) {
                note(slot_at(block, found.slot) + fault);
                return;
              }
              const std::uint32_t hash = found.raw.hash_code;
              const bool hash_known = !inode.facts.casefold;
              if (hash_known && hash != name_hash(as_bytes(found.name))) {
                note(slot_at(block, found.slot) + "its hash is not that of its name, so that Linux would not find it");
              } else if (!is_inline && !block_is_searched(hash, block, inode.raw.i_dir_level)) {
                note(slot_at(block, found.slot) +
                     "its hash belongs into another block, so that Linux would not find it");
              }
              directory.entries.push_back({found.name, {found.raw.ino}, {hash, 0}});
            },
            [&](std::uint32_t slot, const std::string& fault) { note(slot_at(block, slot) + fault); });
      },
      note);
  for (const Finding& finding : map.findings()) note(finding);
  directory.findings = notes.take();
  return directory;
}

volume::Directory read_removed_names(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode,
                                     const read::FileMap& map) {
  volume::Directory directory;
  std::set<std::pair<std::string, std::uint32_t>> seen;
  const auto take_removed = [&](std::uint64_t, const DentryArea& area) {
    // A live name covers slots in which an older name may still seem to begin; their bits are set.
    for (std::uint32_t slot = 0; slot < area.slots(); ++slot) {
      if (area.in_use(slot)) continue;
      const RawDirEntry raw = area.raw(slot);
      const std::uint32_t taken = DentryArea::slots_of(raw.name_len);
      if (raw.name_len == 0 || raw.name_len > kNameLen || taken > area.slots() - slot) continue;
      if (raw.ino < kFirstInode || raw.ino >= filesystem->superblock().max_nid) continue;
      if (raw.file_type == 0 || raw.file_type > kMaxFileType) continue;
      bool free = true;
      for (std::uint32_t i = 1; i < taken && free; ++i) free = !area.in_use(slot + i);
      if (!free) continue;
      std::string name = area.name(slot, raw.name_len);
      if (volume::name_fault(name, inode.facts.encrypted) != nullptr) continue;
      if (inode.facts.encrypted && name.size() < kMinEncryptedName) continue;
      if (!inode.facts.casefold && raw.hash_code != name_hash(as_bytes(name))) continue;
      if (directory.entries.size() >= kMaxRemovedNames || !seen.emplace(name, raw.ino).second) continue;
      directory.entries.push_back({std::move(name), {raw.ino}, {raw.hash_code, 0}});
    }
  };
  each_dentry_area(filesystem, inode, map, take_removed, [](const std::string&) {});
  const volume::Directory live = read_directory(filesystem, inode, map);
  std::set<std::pair<std::string, std::uint64_t>> live_names;
  for (const volume::DirEntry& entry : live.entries) live_names.emplace(entry.name, entry.inode.value);
  std::erase_if(directory.entries, [&](const volume::DirEntry& entry) {
    return live_names.contains({entry.name, entry.inode.value});
  });
  return directory;
}

}  // namespace coldread::f2fs
