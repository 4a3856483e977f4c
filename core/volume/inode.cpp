#include "core/volume/inode.hpp"

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

}  // namespace coldread::volume
