#include "cli/policies.hpp"

#include "core/extract/entry_record.hpp"
#include "core/extract/inode_set.hpp"

namespace coldread::cli {
namespace {

void count(PolicyUse& use, const volume::InodeFacts& facts, bool is_new) {
  switch (facts.type) {
    case volume::FileType::kFile:
      ++use.files;
      if (is_new) use.bytes += facts.size;
      return;
    case volume::FileType::kDir: ++use.directories; return;
    case volume::FileType::kSymlink: ++use.symlinks; return;
    default: return;
  }
}

}  // namespace

PolicyCensus count_policies(const volume::Volume& volume, const fscrypt::KeyRing& keys,
                            const std::atomic<bool>& interrupt) {
  extract::PathSelection everything({});
  extract::TreeWalker walker(volume, keys, everything);
  extract::PolicyTable table;
  extract::InodeSet seen;  // of files with several names
  PolicyCensus census;
  while (const auto item = walker.next()) {
    if (interrupt) break;
    if (!item->inode) continue;
    const volume::InodeFacts& facts = item->inode->facts();
    if (!item->encryption) {
      if (facts.encrypted && item->error) ++census.not_understood[item->error->message()];
      continue;
    }
    const std::size_t index = table.index_of(*item->encryption);
    table.count(index);
    if (census.policies.size() <= index) census.policies.resize(index + 1);
    PolicyUse& use = census.policies[index];
    count(use, facts, facts.links <= 1 || seen.insert(item->number));
    if (item->encryption->key != nullptr) ++use.opened;
  }
  for (std::size_t i = 0; i < census.policies.size(); ++i) census.policies[i].policy = table.records()[i];
  return census;
}

std::vector<report::Policy> find_policies(const volume::Volume& volume, const fscrypt::KeyRing& keys,
                                          const std::atomic<bool>& interrupt) {
  std::vector<report::Policy> policies;
  for (PolicyUse& use : count_policies(volume, keys, interrupt).policies) policies.push_back(std::move(use.policy));
  return policies;
}

}  // namespace coldread::cli
