#include "core/extract/content.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "core/base/checked.hpp"
#include "core/codec/cluster_format.hpp"
#include "core/extract/impossible_step.hpp"
#include "core/fscrypt/contents_step.hpp"
#include "core/fscrypt/names.hpp"
#include "core/fscrypt/nokey_name.hpp"
#include "core/read/cluster_reader.hpp"
#include "core/read/map_reader.hpp"
#include "core/read/step_reader.hpp"

namespace coldread::extract {
namespace {

using StepList = std::vector<std::unique_ptr<const read::Step>>;

/// The longest target that Linux takes is PATH_MAX; an encrypted one has a length and padding besides.
constexpr std::uint64_t kMaxStoredTarget = 4096 + 64;

/// The mapping of a file whose own could not be understood.
class Unmapped final : public read::MapSource {
 public:
  explicit Unmapped(std::string reason) : reason_(std::move(reason)) {}
  [[nodiscard]] read::MapPiece piece(std::uint64_t offset, std::uint64_t limit) const override {
    return {{}, {{{offset, limit - offset}, reason_}}, limit};
  }

 private:
  std::string reason_;
};

StepList decryption(const Encryption* encryption, std::uint64_t end, std::uint32_t block_size) {
  StepList steps;
  if (encryption == nullptr || encryption->key == nullptr) return steps;
  auto step = fscrypt::make_contents_step(encryption->context, *encryption->key, encryption->file);
  if (step) {
    steps.push_back(std::move(*step));
  } else {
    steps.push_back(
        std::make_unique<ImpossibleStep>(read::StepKind::kDecrypt, step.error().message(), end, block_size));
  }
  return steps;
}

/// The inode's content up to `end`: Steps(Map, [decrypt]), and that in a ClusterReader where it is compressed. `after`
/// is run over the content.
std::unique_ptr<const read::Reader> reading(const volume::Volume& volume, const volume::Inode& inode,
                                            const read::FileMap& map, std::uint64_t end, const Encryption* encryption,
                                            StepList after = {}) {
  const std::uint32_t block_size = volume.facts().block_size;
  const auto& compression = inode.facts().compression;
  const std::uint64_t stored_end = compression ? round_up(end, compression->cluster_size) : end;
  std::unique_ptr<const read::Reader> reader =
      std::make_unique<read::MapReader>(volume.source(), map, stored_end, block_size);
  StepList steps = decryption(encryption, stored_end, block_size);
  if (compression) {
    reader = std::make_unique<read::ClusterReader>(read::with_steps(std::move(reader), std::move(steps)), *compression,
                                                   codec::make_cluster_decoder(*compression), end, block_size);
    steps.clear();
  }
  std::move(after.begin(), after.end(), std::back_inserter(steps));
  return read::with_steps(std::move(reader), std::move(steps));
}

Result<Bytes> stored_target(const volume::Volume& volume, const volume::Inode& inode) {
  const std::uint64_t size = inode.facts().size;
  if (size > kMaxStoredTarget) return fail(ErrorKind::kCorrupt, "", "its target is longer than any that Linux takes");
  const auto map = inode.map();
  if (!map) return fail(map.error());
  const read::MapReader reader(volume.source(), *map, size, volume.facts().block_size);
  return read::read_whole(reader, 0, size);
}

/// Why an inode's policy, or its key, opens nothing here, where that is so.
std::optional<Error> why_refused(const Encryption& encryption, const volume::InodeFacts& facts) {
  const fscrypt::Policy& policy = encryption.context.policy;
  if (auto refused = fscrypt::unsupported(policy)) return refused;
  if (policy.version == 1 && facts.casefold) {  // a kernel could derive no key for the hashes of its names
    return Error{ErrorKind::kUnsupported, "encryption policy", "version 1 on a casefolded directory is not supported"};
  }
  if (encryption.key == nullptr) return std::nullopt;
  const fscrypt::Use use = facts.type == volume::FileType::kFile ? fscrypt::Use::kContents : fscrypt::Use::kNames;
  if (auto refused = fscrypt::key_too_short(policy, use, encryption.key->size())) return refused;
  return fscrypt::hw_wrapped_refusal(policy, use, *encryption.key);
}

}  // namespace

Result<std::optional<Encryption>> find_encryption(const volume::Inode& inode, const fscrypt::KeyRing& keys,
                                                  const volume::VolumeFacts& volume) {
  const volume::InodeFacts& facts = inode.facts();
  if (!facts.encrypted) return std::optional<Encryption>();
  const auto stored = inode.encryption_context();
  if (!stored) return fail(stored.error());
  auto context = fscrypt::parse_context(*stored, volume.block_size);
  if (!context) return fail(std::move(context.error()));
  Encryption encryption;
  encryption.context = std::move(*context);
  encryption.file = {volume.uuid, facts.number.value};
  const Bytes& name = encryption.context.policy.master_key;
  fscrypt::FoundKey found = keys.look_up(name, volume.uuid);
  encryption.key = found.key;
  encryption.key_given = found.key != nullptr;
  encryption.key_proof = found.proof;
  const bool refused_here =
      found.key != nullptr && !found.refused.empty() && (!found.contents_only || facts.type == volume::FileType::kFile);
  if (const auto refused = why_refused(encryption, facts)) {
    encryption.why_locked = refused->message();
    encryption.key = nullptr;
  } else if (refused_here) {
    encryption.why_locked = std::move(found.refused);
    encryption.key = nullptr;
  }
  if (encryption.key != nullptr) keys.mark_used(name);
  return encryption;
}

ContentPlan plan_content(const volume::Volume& volume, const volume::Inode& inode, const Encryption* encryption,
                         std::uint32_t page_size, const std::atomic<bool>* stop) {
  ContentPlan plan;
  auto map = inode.map();
  if (map) {
    plan.map = *map;
  } else {
    const std::uint64_t size = inode.facts().size;
    plan.unmapped = map.error().message();
    map = read::FileMap::make(std::make_shared<Unmapped>(map.error().message()), size, size);
  }
  StepList after;
  if (inode.facts().verity) {
    plan.verity.emplace();
    after.push_back(plan_verity(inode, *map, volume.facts().block_size,
                                reading(volume, inode, *map, map->mapped_end(), encryption), *plan.verity, stop));
  }
  plan.reader = std::make_unique<read::PageReader>(
      reading(volume, inode, *map, map->size(), encryption, std::move(after)), page_size);
  return plan;
}

Result<std::unique_ptr<const read::Reader>> plan_past_eof(const volume::Volume& volume, const volume::Inode& inode,
                                                          const Encryption* encryption) {
  auto map = inode.map();
  if (!map) return fail(std::move(map.error()));
  return reading(volume, inode, *map, map->mapped_end(), encryption);
}

Result<Bytes> read_link_ciphertext(const volume::Volume& volume, const volume::Inode& inode) {
  const auto stored = stored_target(volume, inode);
  if (!stored) return fail(stored.error());
  return fscrypt::symlink_ciphertext(*stored);
}

Result<LinkTarget> read_link(const volume::Volume& volume, const volume::Inode& inode, const Encryption* encryption) {
  const std::uint64_t size = inode.facts().size;
  const auto stored = stored_target(volume, inode);
  if (!stored) return fail(stored.error());
  LinkTarget link;
  if (encryption == nullptr) {
    // The kernel's readlink ends at the first NUL, and stat tells i_size.
    link.target = ByteView(*stored).str();
    link.target.resize(std::min(link.target.size(), link.target.find('\0')));
    link.size = size;
    return link;
  }
  const auto ciphertext = fscrypt::symlink_ciphertext(*stored);
  if (!ciphertext) return fail(ciphertext.error());
  if (encryption->key == nullptr) {
    link.target = fscrypt::no_key_name({0, 0}, *ciphertext);
  } else {
    const auto cipher = fscrypt::NameCipher::make(encryption->context, *encryption->key, encryption->file);
    if (!cipher) return fail(cipher.error());
    auto target = cipher->decrypt_target(*ciphertext);
    if (!target) return fail(std::move(target.error()));
    link.target = std::move(*target);
  }
  link.size = link.target.size();
  return link;
}

}  // namespace coldread::extract
