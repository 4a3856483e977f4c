#include "fs/verity.hpp"

#include "fs/ext4/verity_location.hpp"

namespace coldread::fs {

Result<volume::VerityLocation> find_verity(const std::string& type, std::uint32_t block_size,
                                           const volume::InodeFacts& facts, std::uint64_t mapped_end,
                                           const read::Reader& past_eof) {
  if (type != "ext4") {
    return fail(ErrorKind::kUnsupported, "", "where " + type + " keeps its fs-verity metadata is not known");
  }
  ext4::InodeRecord inode;
  inode.facts = facts;
  return ext4::find_verity(inode, block_size, mapped_end, past_eof);
}

}  // namespace coldread::fs
