#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/base/text.hpp"
#include "core/extract/content.hpp"
#include "core/extract/content_hash.hpp"
#include "core/extract/tree_walker.hpp"
#include "core/fscrypt/key_files.hpp"
#include "core/fscrypt/key_ring.hpp"
#include "core/source/file_source.hpp"
#include "fs/ext4/volume.hpp"

// remains IMAGE [KEY]...: what remains of deleted files on an ext4 image, a line a thing, its fields separated by tabs:
// "inode", number, transaction, time, type, size, bytes that failed, then a file's sha256 (what failed is zeros), a
// symlink's target, or why there is neither; "name", path of the directory, the name in hex, inode;
// "finding", text.

namespace coldread::remains {
namespace {

constexpr std::uint32_t kPageSize = 4096;

void print_content(const volume::Volume& volume, const volume::Inode& inode, const extract::Encryption* encryption) {
  const volume::FileType type = inode.facts().type;
  if (type == volume::FileType::kSymlink) {
    const auto target = extract::read_link(volume, inode, encryption);
    std::cout << "0\t" << (target ? target->target : target.error().message());
    return;
  }
  if (type != volume::FileType::kFile) {
    std::cout << "0\t";
    return;
  }
  const extract::ContentPlan plan = extract::plan_content(volume, inode, encryption, kPageSize);
  extract::ContentHash hash({"sha256"});
  Bytes buffer(plan.reader->window_size());
  std::uint64_t failed = 0;
  for (std::uint64_t at = 0; at < plan.reader->size(); at += plan.reader->window_size()) {
    read::Window window;
    plan.reader->read(at, buffer, window);
    for (const read::BlockFault& fault : window.faults) {
      failed += fault.range.length;
      std::cerr << "inode " << inode.facts().number.value << ", byte " << fault.range.offset << ": " << fault.reason
                << '\n';
    }
    hash.update(ByteSpan(window.bytes).first(std::min<std::size_t>(window.bytes.size(), plan.reader->size() - at)));
  }
  std::cout << failed << '\t' << hash.finish().front().second;
}

void print_old(const volume::Volume& volume, const fscrypt::KeyRing& keys) {
  const volume::OldInodes old = volume.old_inodes();
  for (const Finding& finding : old.findings) std::cout << "finding\t" << finding << '\n';
  for (const volume::OldInode& one : old.list) {
    const volume::InodeFacts& facts = one.inode->facts();
    std::cout << "inode\t" << one.number.value << '\t' << one.transaction << '\t' << (one.time ? one.time->seconds : 0)
              << '\t' << to_string(facts.type) << '\t' << facts.size << '\t';
    const auto encryption = extract::find_encryption(*one.inode, keys, volume.facts());
    if (encryption && (!*encryption || (*encryption)->key != nullptr)) {
      print_content(volume, *one.inode, *encryption ? &**encryption : nullptr);
    } else {
      std::cout << "0\t" << (encryption ? "locked" : encryption.error().message());
    }
    std::cout << '\n';
    for (const Finding& finding : one.inode->findings()) std::cout << "finding\t" << finding << '\n';
  }
}

void print_names(const volume::Volume& volume, const fscrypt::KeyRing& keys) {
  extract::PathSelection everything({});
  extract::TreeWalker walker(volume, keys, everything);
  while (const auto item = walker.next()) {
    if (!item->inode || item->inode->facts().type != volume::FileType::kDir) continue;
    const auto deleted = item->inode->deleted_entries();
    if (!deleted) continue;
    for (const volume::DirEntry& entry : deleted->entries) {
      std::cout << "name\t" << item->path << '\t' << to_hex(as_bytes(entry.name)) << '\t' << entry.inode.value << '\n';
    }
  }
}

int run(int count, char** words) {
  auto source = source::FileSource::open(words[1]);
  if (!source) return 3;
  fscrypt::KeyRing keys;
  for (int i = 2; i < count; ++i) {
    auto read = fscrypt::read_keys(words[i], std::cin);
    if (!read) return 3;
    for (fscrypt::NamedSecret& key : *read) {
      if (!keys.add(std::move(key.key), key.origin)) return 3;
    }
  }
  const auto volume = ext4::open(*std::move(source));
  if (!volume) {
    std::cerr << volume.error().message() << '\n';
    return 3;
  }
  print_old(**volume, keys);
  print_names(**volume, keys);
  return 0;
}

}  // namespace
}  // namespace coldread::remains

int main(int count, char** words) { return count < 2 ? 2 : coldread::remains::run(count, words); }
