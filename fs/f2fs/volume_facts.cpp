#include "fs/f2fs/volume_facts.hpp"

#include <algorithm>
#include <string>

namespace coldread::f2fs {
namespace {

template <std::size_t kSize>
std::string text_of(const std::array<std::uint8_t, kSize>& field) {
  std::string text(field.begin(), std::find(field.begin(), field.end(), std::uint8_t{0}));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

volume::VolumeFacts volume_facts(const Filesystem& filesystem, const CheckpointPacks& packs) {
  const Superblock& s = filesystem.superblock();
  const RawSuperblock& raw = s.raw;
  const Checkpoint& checkpoint = filesystem.checkpoint;
  volume::VolumeFacts facts;
  facts.type = "f2fs";
  std::transform(raw.uuid.begin(), raw.uuid.end(), facts.uuid.begin(),
                 [](std::uint8_t byte) { return std::byte{byte}; });
  std::transform(raw.encrypt_pw_salt.begin(), raw.encrypt_pw_salt.end(), facts.encrypt_pw_salt.begin(),
                 [](std::uint8_t byte) { return std::byte{byte}; });
  facts.label = volume_name(raw);
  facts.block_size = s.block_size;
  facts.size = s.byte_of(raw.block_count);
  facts.features = feature_names(raw.feature);
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  facts.details = {
      {"version", number(raw.major_ver) + "." + number(raw.minor_ver)},
      {"made_by", text_of(raw.init_version)},
      {"written_by", text_of(raw.version)},
      {"block_count", number(raw.block_count)},
      {"segment_count", number(raw.segment_count)},
      {"segment_count_main", number(raw.segment_count_main)},
      {"segs_per_sec", number(raw.segs_per_sec)},
      {"secs_per_zone", number(raw.secs_per_zone)},
      {"cp_payload", number(raw.cp_payload)},
      {"main_blkaddr", number(raw.main_blkaddr)},
      {"checkpoint_ver", number(checkpoint.version())},
      {"checkpoint_pack", number(checkpoint.pack)},
      {"ckpt_flags", checkpoint_flags(checkpoint.raw.ckpt_flags)},
      {"valid_node_count", number(checkpoint.raw.valid_node_count)},
      {"valid_inode_count", number(checkpoint.raw.valid_inode_count)},
      {"valid_block_count", number(checkpoint.raw.valid_block_count)},
      {"elapsed_time", number(checkpoint.raw.elapsed_time)},
  };
  if (filesystem.found.copy != 1) facts.details.emplace_back("superblock", "the second copy");
  facts.findings = filesystem.found.findings;
  for (const auto& pack : packs) {
    if (!pack) {
      facts.findings.push_back("a checkpoint cannot be used: " + pack.error().message());
    } else if (pack->pack != checkpoint.pack) {
      facts.details.emplace_back("other_checkpoint_ver", number(pack->version()));
    }
  }
  for (std::size_t i = 0; i < s.devices.size(); ++i) {
    facts.details.emplace_back("device_" + number(i), s.devices[i].path + ", " + number(s.devices[i].blocks) +
                                                          " blocks from block " + number(s.devices[i].first_block));
  }
  const auto& journals = filesystem.journals.findings;
  facts.findings.insert(facts.findings.end(), journals.begin(), journals.end());
  if (s.byte_of(s.main_end) > filesystem.source->size()) {
    facts.findings.push_back("the filesystem is " + number(s.byte_of(s.main_end)) + " bytes long, and only " +
                             number(filesystem.source->size()) + " of them are there");
  }
  return facts;
}

}  // namespace coldread::f2fs
