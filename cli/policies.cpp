#include "cli/policies.hpp"

#include "core/extract/entry_record.hpp"

namespace coldread::cli {

std::vector<report::Policy> find_policies(const volume::Volume& volume, const fscrypt::KeyRing& keys) {
  extract::PathSelection everything({});
  extract::TreeWalker walker(volume, keys, everything);
  extract::PolicyTable policies;
  while (const auto item = walker.next()) {
    if (item->encryption) policies.count(policies.index_of(*item->encryption));
  }
  return policies.records();
}

}  // namespace coldread::cli
