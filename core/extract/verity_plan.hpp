#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/base/byte_view.hpp"
#include "core/base/finding.hpp"
#include "core/read/file_map.hpp"
#include "core/read/reader.hpp"
#include "core/verity/descriptor.hpp"
#include "core/verity/verity_step.hpp"
#include "core/volume/inode.hpp"

namespace coldread::extract {

/// What is known of a verity file before its data is read.
struct VerityPlan {
  std::optional<verity::Descriptor> descriptor;  ///< absent where it is malformed
  std::string malformed;                         ///< why, then
  Bytes stored;                                  ///< the descriptor as it was read, with its signature
  Bytes file_digest;
  /// What is wrong with the metadata though a kernel takes it: fields that no tool stores so, a descriptor in another
  /// place than right behind the tree, bytes past EOF that no hash covers.
  Findings findings;
  bool refused_at_end = false;  ///< a kernel refuses the last page, for such bytes in the file's last block
  const verity::VerityStep* step = nullptr;  ///< owned by the reader; knows of bad tree blocks when the data was read
};

/// Finds and checks the metadata of a verity inode; the step that it returns verifies the data, or finds fault with all
/// of it where the descriptor is malformed. `file` reads the inode up to the end of `map`, decrypted and decompressed;
/// `block_size` is the filesystem's; `stop` as in VerityStep.
[[nodiscard]] std::unique_ptr<const read::Step> plan_verity(const volume::Inode& inode, const read::FileMap& map,
                                                            std::uint32_t block_size,
                                                            std::unique_ptr<const read::Reader> file, VerityPlan& plan,
                                                            const std::atomic<bool>* stop = nullptr);

}  // namespace coldread::extract
