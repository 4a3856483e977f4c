#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "core/source/block_source.hpp"
#include "fs/ext4/block_fate.hpp"

namespace coldread::ext4 {

/// The filesystem's bytes as the metadata of an older version of a file is to be read from: a read of one whole block
/// gives the journal's copy as of then, or what lies in the block if nothing speaks against that; otherwise it fails,
/// and says what became of the block. Other reads give what lies there now.
class AsOfSource final : public source::BlockSource {
 public:
  AsOfSource(std::shared_ptr<const BlockFates> fates, FileVersion version)
      : fates_(std::move(fates)), version_(version) {}

  [[nodiscard]] std::uint64_t size() const override { return fates_->filesystem()->source->size(); }
  [[nodiscard]] std::vector<source::ReadFault> read_at(std::uint64_t offset, MutableByteSpan out) const override;

  /// How many blocks were read whole until now; of very many, not all are counted.
  [[nodiscard]] std::size_t blocks_read() const;

 private:
  std::shared_ptr<const BlockFates> fates_;
  FileVersion version_;
  mutable std::mutex mutex_;
  mutable std::set<std::uint64_t> read_;  ///< behind mutex_
};

}  // namespace coldread::ext4
