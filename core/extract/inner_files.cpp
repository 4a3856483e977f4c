#include "core/extract/inner_files.hpp"

#include <utility>

#include "core/extract/content.hpp"
#include "core/extract/path_filter.hpp"

namespace coldread::extract {

std::vector<WalkItem> items_below(const volume::Volume& volume, const fscrypt::KeyRing& keys, const std::string& path,
                                  std::size_t max_items) {
  std::vector<WalkItem> items;
  PathSelection selection({path});
  TreeWalker walker(volume, keys, selection);
  while (items.size() < max_items) {
    auto item = walker.next();
    if (!item) break;
    const bool above = item->path.size() < path.size();
    if (!above) items.push_back(std::move(*item));
  }
  return items;
}

Result<Secret> read_small_file(const volume::Volume& volume, const WalkItem& item, std::uint64_t max_size) {
  if (item.error) return fail(item.error->kind, item.path, item.error->what);
  if (!item.inode || item.inode->facts().type != volume::FileType::kFile) {
    return fail(ErrorKind::kUnsupported, item.path, "it is no regular file");
  }
  if (item.locked()) return fail(ErrorKind::kLocked, item.path, "it is encrypted, and its key is missing");
  const std::uint64_t size = item.inode->facts().size;
  if (size > max_size) {
    return fail(ErrorKind::kCorrupt, item.path,
                "its " + std::to_string(size) + " bytes are more than the " + std::to_string(max_size) +
                    " that such a file can have");
  }
  const auto reader = plan_past_eof(volume, *item.inode, item.encryption ? &*item.encryption : nullptr);
  if (!reader) return fail(reader.error().kind, item.path, reader.error().what);
  auto content = read::read_whole(**reader, 0, size);
  if (!content) return fail(content.error().kind, item.path, content.error().message());
  Secret secret{ByteSpan(*content)};
  wipe(*content);
  return secret;
}

}  // namespace coldread::extract
