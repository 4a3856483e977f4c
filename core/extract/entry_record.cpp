#include "core/extract/entry_record.hpp"

#include <utility>

#include "core/base/text.hpp"

namespace coldread::extract {
namespace {

report::Time time_of(const volume::Timestamp& t) { return {t.seconds, t.nanoseconds}; }

report::Recovered recovered_of(const DeletedFile& file) {
  report::Recovered recovered;
  if (!file.old) return recovered;
  recovered.transaction = file.old->transaction;
  if (file.old->time) recovered.committed = time_of(*file.old->time);
  return recovered;
}

}  // namespace

std::size_t PolicyTable::index_of(const Encryption& encryption) {
  const fscrypt::Policy& policy = encryption.context.policy;
  const auto [at, is_new] = indexes_.try_emplace(policy, records_.size());
  if (is_new) {
    report::Policy record;
    record.version = policy.version;
    record.master_key = to_hex(policy.master_key);
    record.contents = fscrypt::mode_name(policy.contents_mode);
    record.filenames = fscrypt::mode_name(policy.filenames_mode);
    record.padding = policy.padding();
    record.flags = policy.flag_names();
    record.data_unit_size = policy.data_unit_size;
    record.key = encryption.key_given ? "supplied" : "missing";
    if (encryption.key_given) {
      record.key_proven = encryption.key_proof != fscrypt::KeyProof::kNone;
      record.key_proof = fscrypt::to_string(encryption.key_proof);
    }
    records_.push_back(std::move(record));
  }
  std::string& problem = records_[at->second].problem;
  if (problem.empty()) problem = encryption.why_locked;
  return at->second;
}

report::Entry describe(const WalkItem& item, PolicyTable& policies) {
  report::Entry entry;
  entry.path = item.path;
  entry.inode = item.number.value;
  entry.problems = item.problems;
  entry.type = "unknown";
  entry.status = item.error ? "error" : "ok";
  if (item.error) entry.problems.push_back(item.error->message());
  if (item.deleted) entry.recovered = recovered_of(*item.deleted);
  if (item.deleted && !item.error) entry.status = "recovered";
  if (!item.inode) return entry;

  const volume::InodeFacts& facts = item.inode->facts();
  entry.has_facts = true;
  entry.type = std::string(volume::to_string(facts.type));
  entry.links = facts.links;
  entry.uid = facts.uid;
  entry.gid = facts.gid;
  entry.project = facts.project;
  entry.size = facts.size;
  entry.mode = facts.mode;
  if (facts.type == volume::FileType::kChr || facts.type == volume::FileType::kBlk) {
    entry.rdev = {facts.rdev_major, facts.rdev_minor};
  }
  entry.mtime = time_of(facts.mtime);
  entry.atime = time_of(facts.atime);
  entry.ctime = time_of(facts.ctime);
  if (facts.crtime) entry.crtime = time_of(*facts.crtime);
  if (facts.compression) {
    entry.compression = {std::string(read::to_string(facts.compression->algorithm)), facts.compression->cluster_size};
  }
  if (item.encryption) {
    entry.encryption = {policies.index_of(*item.encryption), to_hex(item.encryption->context.nonce)};
    if (item.encryption->key == nullptr && !item.encryption->why_locked.empty()) {
      entry.problems.push_back(item.encryption->why_locked);
    }
  }
  if (item.error) return entry;
  if (!item.problems.empty() && !item.deleted) entry.status = "damaged";
  if (item.locked()) entry.status = "locked";
  return entry;
}

void add_xattrs(const volume::Xattrs& xattrs, report::Entry& entry) {
  for (const volume::Xattr& xattr : xattrs.list) entry.xattrs.emplace_back(xattr.name, ByteView(xattr.value).str());
  for (const Finding& finding : xattrs.findings) add_damage(entry, finding);
}

void add_damage(report::Entry& entry, std::string problem) {
  entry.problems.push_back(std::move(problem));
  if (entry.status == "ok") entry.status = "damaged";
}

SinkEntry sink_entry(const WalkItem& item) {
  SinkEntry entry;
  entry.path = item.path;
  if (item.inode) entry.facts = item.inode->facts();
  return entry;
}

}  // namespace coldread::extract
