#include "core/volume/inode.hpp"

#include <algorithm>

namespace coldread::volume {

std::string_view to_string(FileType type) {
  switch (type) {
    case FileType::kFile: return "file";
    case FileType::kDir: return "dir";
    case FileType::kSymlink: return "symlink";
    case FileType::kChr: return "chr";
    case FileType::kBlk: return "blk";
    case FileType::kFifo: return "fifo";
    case FileType::kSock: return "sock";
    case FileType::kUnknown: break;
  }
  return "unknown";
}

FileType type_of_mode(std::uint32_t mode) {
  switch (mode & 0170000) {
    case 0100000: return FileType::kFile;
    case 0040000: return FileType::kDir;
    case 0120000: return FileType::kSymlink;
    case 0020000: return FileType::kChr;
    case 0060000: return FileType::kBlk;
    case 0010000: return FileType::kFifo;
    case 0140000: return FileType::kSock;
    default: return FileType::kUnknown;
  }
}

void set_device(InodeFacts& facts, std::uint32_t old_encoding, std::uint32_t new_encoding) {
  if (old_encoding != 0) {
    facts.rdev_major = (old_encoding >> 8) & 0xff;
    facts.rdev_minor = old_encoding & 0xff;
    return;
  }
  facts.rdev_major = (new_encoding >> 8) & 0xfff;
  facts.rdev_minor = (new_encoding & 0xff) | ((new_encoding >> 12) & 0xfff00);
}

void sort_by_name(Xattrs& xattrs, const std::string& where) {
  const auto by_name = [](const Xattr& a, const Xattr& b) { return a.name < b.name; };
  std::stable_sort(xattrs.list.begin(), xattrs.list.end(), by_name);
  const auto same = std::unique(xattrs.list.begin(), xattrs.list.end(),
                                [](const Xattr& a, const Xattr& b) { return a.name == b.name; });
  if (same == xattrs.list.end()) return;
  xattrs.findings.push_back(where + ": an attribute is there more than once; the first is taken");
  xattrs.list.erase(same, xattrs.list.end());
}

const char* name_fault(std::string_view name, bool encrypted) {
  if (name.empty()) return "a name is empty";
  if (name == "." || name == "..") return "\".\" or \"..\" in a place where neither can be";
  if (encrypted) return nullptr;
  if (name.find('/') != std::string_view::npos) return "a name holds a slash";
  if (name.find('\0') != std::string_view::npos) return "a name holds a zero byte";
  return nullptr;
}

}  // namespace coldread::volume
