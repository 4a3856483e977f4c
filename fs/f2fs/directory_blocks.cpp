#include "fs/f2fs/directory_blocks.hpp"

#include <algorithm>

#include "core/base/checked.hpp"
#include "core/read/map_reader.hpp"

namespace coldread::f2fs {
namespace {

constexpr std::uint64_t kWindow = 65536;  // a multiple of every block size

std::string blocks(std::uint64_t offset, std::uint64_t length, std::uint32_t block_size) {
  const std::uint64_t first = offset / block_size;
  const std::uint64_t last = (offset + length - 1) / block_size;
  if (first == last) return "directory block " + std::to_string(first);
  return "directory blocks " + std::to_string(first) + " to " + std::to_string(last);
}

}  // namespace

void each_dentry_area(const std::shared_ptr<const Filesystem>& filesystem, const InodeRecord& inode,
                      const read::FileMap& map, const std::function<void(std::uint64_t, const DentryArea&)>& take,
                      const std::function<void(const std::string&)>& fault) {
  if (inode.has_inline(kInlineDentry)) {
    take(0, DentryArea(inode.inline_area()));
    return;
  }
  const std::uint32_t block_size = filesystem->block_size();
  const std::uint64_t size = round_up(inode.facts.size, block_size);
  const read::MapReader reader(filesystem->source, map, size, block_size);
  std::uint64_t budget = filesystem->source->size();
  Bytes buffer(kWindow);
  for (std::uint64_t at = 0; at < size;) {
    const read::MapPiece piece = map.piece(at, size);
    for (const read::MapFault& bad : piece.faults) {
      fault(blocks(bad.range.offset, bad.range.length, block_size) + ": " + bad.reason);
    }
    for (const read::Extent& extent : piece.extents) {
      if (extent.kind != read::ExtentKind::kStored) continue;
      for (std::uint64_t begin = extent.file_offset; begin < extent.file_end();) {
        const std::uint64_t length = std::min(kWindow, extent.file_end() - begin);
        if (length > budget) {
          fault(blocks(begin, size - begin, block_size) +
                ": not read, since the directory claims more bytes than the filesystem has");
          return;
        }
        budget -= length;
        read::Window window;
        window.offset = begin;
        window.bytes = MutableByteSpan(buffer).first(static_cast<std::size_t>(length));
        reader.fill(window);
        for (const read::BlockFault& bad : window.faults) {
          fault(blocks(bad.range.offset, bad.range.length, block_size) + ": " + bad.reason);
        }
        for (std::uint64_t block = begin; block < window.end(); block += block_size) {
          if (window.failed(block, block_size)) continue;
          take(block / block_size, DentryArea(ByteView(window.at(block, block_size))));
        }
        begin += length;
      }
    }
    at = piece.end;
  }
}

}  // namespace coldread::f2fs
