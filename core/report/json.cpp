#include "core/report/json.hpp"

#include "core/base/text.hpp"
#include "core/report/time.hpp"
#include "core/report/version.hpp"

namespace coldread::report {
namespace {

/// A name: as text under `key`, and in base64 under `key` + "_bytes" where it is not UTF-8.
void set_name(JsonValue& out, const std::string& key, const std::string& bytes) {
  out.set(key, bytes);
  if (!is_utf8(bytes)) out.set(key + "_bytes", to_base64(as_bytes(bytes)));
}

std::string octal_mode(std::uint32_t mode) {
  std::string out;
  for (const unsigned shift : {9U, 6U, 3U, 0U}) out += static_cast<char>('0' + ((mode >> shift) & 7));
  return out;
}

/// Attributes by name. Names that read the same once they are UTF-8 are told apart by "#2" and so on; the exact bytes
/// of a name that is not UTF-8 are in "xattr_name_bytes", by the key that it got.
void set_xattrs(JsonValue& out, const std::vector<std::pair<std::string, std::string>>& xattrs) {
  if (xattrs.empty()) return;
  JsonValue values = JsonValue::object();
  JsonValue names = JsonValue::object();
  for (const auto& [name, value] : xattrs) {
    const std::string shown = to_utf8(name);
    std::string key = shown;
    for (unsigned n = 2; values.has(key); ++n) key = shown + "#" + std::to_string(n);
    values.set(key, to_base64(as_bytes(value)));
    if (!is_utf8(name)) names.set(key, to_base64(as_bytes(name)));
  }
  out.set("xattrs", std::move(values));
  if (!names.keys().empty()) out.set("xattr_name_bytes", std::move(names));
}

void set_facts(JsonValue& out, const Entry& entry) {
  out.set("links", entry.links);
  out.set("uid", entry.uid);
  out.set("gid", entry.gid);
  if (entry.project != 0) out.set("project", entry.project);
  out.set("size", entry.size);
  out.set("mode", octal_mode(entry.mode));
  if (entry.rdev) out.set("rdev", std::to_string(entry.rdev->first) + ":" + std::to_string(entry.rdev->second));
  if (entry.target) set_name(out, "target", *entry.target);
  out.set("mtime", rfc3339(entry.mtime));
  out.set("atime", rfc3339(entry.atime));
  out.set("ctime", rfc3339(entry.ctime));
  if (entry.crtime) out.set("crtime", rfc3339(*entry.crtime));
  set_xattrs(out, entry.xattrs);
}

JsonValue ranges(const std::vector<BadRange>& bad) {
  JsonValue out = JsonValue::array();
  for (const BadRange& range : bad) {
    JsonValue item = JsonValue::object();
    item.set("offset", range.range.offset);
    item.set("length", range.range.length);
    item.set("step", range.step);
    item.set("reason", range.reason);
    out.append(std::move(item));
  }
  return out;
}

void set_file(JsonValue& out, const CiphertextFile& file) {
  out.set("size", file.size);
  out.set("sha256", file.sha256);
  JsonValue runs = JsonValue::array();
  for (const Run& run : file.runs) {
    JsonValue item = JsonValue::object();
    item.set("offset", run.offset);
    item.set("length", run.length);
    item.set("kind", run.kind);
    runs.append(std::move(item));
  }
  out.set("runs", std::move(runs));
  if (!file.bad.empty()) out.set("bad", ranges(file.bad));
  if (file.clusters_checksummed) out.set("clusters_checksummed", true);
  if (!file.verity) return;
  JsonValue verity = JsonValue::object();
  if (file.place) {
    verity.set("tree_offset", file.place->tree_offset);
    verity.set("tree_space", file.place->tree_space);
    verity.set("descriptor_offset", file.place->descriptor_offset);
    verity.set("descriptor_size", file.place->descriptor_size);
  }
  out.set("verity", std::move(verity));
}

}  // namespace

JsonValue to_json(const Pages& pages) {
  JsonValue out = JsonValue::object();
  out.set("total", pages.total);
  out.set("bad", ranges(pages.bad));
  return out;
}

JsonValue to_json(const Ciphertext& ciphertext) {
  JsonValue out = JsonValue::object();
  if (ciphertext.context) out.set("context", *ciphertext.context);
  if (ciphertext.name) {
    JsonValue name = JsonValue::object();
    name.set("bytes", to_base64(as_bytes(ciphertext.name->bytes)));
    name.set("directory", ciphertext.name->directory);
    name.set("context", ciphertext.name->context);
    out.set("name", std::move(name));
  }
  if (ciphertext.target) out.set("target", to_base64(as_bytes(*ciphertext.target)));
  if (ciphertext.file) set_file(out, *ciphertext.file);
  if (!ciphertext.problems.empty()) out.set("problems", JsonValue::strings(ciphertext.problems));
  return out;
}

JsonValue to_json(const TreeDamage& damage) {
  JsonValue covers = JsonValue::object();
  covers.set("offset", damage.covers.offset).set("length", damage.covers.length);
  JsonValue out = JsonValue::object();
  out.set("offset", damage.range.offset).set("length", damage.range.length);
  out.set("level", damage.level).set("index", damage.index).set("covers", std::move(covers));
  out.set("recomputed", damage.recomputed).set("reason", damage.reason);
  return out;
}

JsonValue to_json(const VeritySigner& signer) {
  JsonValue out = JsonValue::object();
  const auto set = [&](const char* key, const std::string& value) {
    if (!value.empty()) out.set(key, value);
  };
  set("subject", signer.subject);
  set("issuer", signer.issuer);
  set("serial", signer.serial);
  set("key_identifier", signer.key_identifier);
  set("digest_algorithm", signer.digest_algorithm);
  set("not_before", signer.not_before);
  set("not_after", signer.not_after);
  if (!signer.chain.empty()) out.set("chain", JsonValue::strings(signer.chain));
  return out;
}

JsonValue to_json(const VerityResult& verity) {
  JsonValue out = JsonValue::object();
  out.set("status", verity.status);
  if (!verity.algorithm.empty()) out.set("algorithm", verity.algorithm);
  if (verity.block_size != 0) out.set("block_size", verity.block_size);
  // A salt may well be empty: it is known whenever the descriptor could be read, as the algorithm is.
  if (!verity.algorithm.empty() || !verity.salt.empty()) out.set("salt", verity.salt);
  if (!verity.digest.empty()) out.set("digest", verity.digest);
  out.set("signature", verity.signature);
  if (verity.signer) out.set("signer", to_json(*verity.signer));
  if (!verity.listed.empty()) out.set("listed", verity.listed);
  if (!verity.tree.empty()) {
    JsonValue tree = JsonValue::array();
    for (const TreeDamage& damage : verity.tree) tree.append(to_json(damage));
    out.set("tree", std::move(tree));
  }
  return out;
}

JsonValue to_json(const DigestListResult& result) {
  JsonValue out = JsonValue::object();
  out.set("listed", result.listed).set("match", result.match);
  if (result.match_unverified != 0) out.set("match_unverified", result.match_unverified);
  out.set("differs", result.differs).set("missing", result.missing).set("not_verity", result.not_verity);
  out.set("not_looked_at", result.not_looked_at).set("unlisted", result.unlisted);
  return out;
}

JsonValue to_json(const std::vector<StoredPart>& stored) {
  JsonValue out = JsonValue::array();
  for (const StoredPart& part : stored) {
    JsonValue pair = JsonValue::array();
    pair.append(part.image_offset ? JsonValue(*part.image_offset) : JsonValue());
    pair.append(part.length);
    out.append(std::move(pair));
  }
  return out;
}

JsonValue to_json(const Run& run) {
  JsonValue out = JsonValue::object();
  out.set("offset", run.offset);
  out.set("length", run.length);
  out.set("image_offset", run.image_offset ? JsonValue(*run.image_offset) : JsonValue());
  if (run.journal_offset) out.set("journal_offset", *run.journal_offset);
  if (run.device) out.set("device", *run.device);
  if (run.device_offset) out.set("device_offset", *run.device_offset);
  out.set("kind", run.kind);
  if (run.stored) out.set("stored", to_json(*run.stored));
  return out;
}

JsonValue to_json(const Entry& entry) {
  JsonValue out = JsonValue::object();
  set_name(out, "path", entry.path);
  if (entry.written_as) set_name(out, "written_as", *entry.written_as);
  if (!entry.type.empty() && entry.type != "unknown") out.set("type", entry.type);
  out.set("inode", entry.inode);
  if (entry.has_facts) set_facts(out, entry);
  if (!entry.status.empty()) out.set("status", entry.status);
  for (const auto& [algorithm, hex] : entry.hashes) out.set(algorithm, hex);
  if (entry.encryption) {
    JsonValue encryption = JsonValue::object();
    encryption.set("policy", entry.encryption->policy);
    encryption.set("nonce", entry.encryption->nonce);
    out.set("encryption", std::move(encryption));
  }
  if (entry.compression) {
    JsonValue compression = JsonValue::object();
    compression.set("algorithm", entry.compression->algorithm);
    compression.set("cluster_size", entry.compression->cluster_size);
    out.set("compression", std::move(compression));
  }
  if (entry.verity) out.set("verity", to_json(*entry.verity));
  if (entry.recovered) {
    JsonValue recovered = JsonValue::object();
    if (entry.recovered->transaction) recovered.set("transaction", *entry.recovered->transaction);
    if (entry.recovered->committed) recovered.set("committed", rfc3339(*entry.recovered->committed));
    out.set("recovered", std::move(recovered));
  }
  if (entry.ciphertext) out.set("ciphertext", to_json(*entry.ciphertext));
  if (entry.runs) {
    JsonValue runs = JsonValue::array();
    for (const Run& run : *entry.runs) runs.append(to_json(run));
    out.set("runs", std::move(runs));
  }
  if (entry.pages) out.set("pages", to_json(*entry.pages));
  if (!entry.problems.empty()) out.set("problems", JsonValue::strings(entry.problems));
  return out;
}

JsonValue to_json(const PartitionInfo& partition) {
  JsonValue out = JsonValue::object();
  out.set("number", partition.number);
  out.set("label", partition.label);
  out.set("uuid", partition.uuid);
  out.set("offset", partition.offset);
  out.set("size", partition.size);
  return out;
}

JsonValue to_json(const Policy& policy) {
  JsonValue out = JsonValue::object();
  out.set("version", policy.version);
  out.set("master_key", policy.master_key);
  out.set("contents", policy.contents);
  out.set("filenames", policy.filenames);
  out.set("padding", policy.padding);
  out.set("flags", JsonValue::strings(policy.flags));
  out.set("data_unit_size", policy.data_unit_size);
  out.set("key", policy.key);
  if (policy.key_proven) out.set("key_proven", *policy.key_proven);
  if (!policy.key_proof.empty()) out.set("key_proof", policy.key_proof);
  if (policy.entries) out.set("entries", *policy.entries);
  if (!policy.problem.empty()) out.set("problem", policy.problem);
  return out;
}

JsonValue to_json(const Replay& replay) {
  JsonValue out = JsonValue::object();
  out.set("needed", replay.needed);
  if (!replay.kind.empty()) out.set("kind", replay.kind);
  out.set("applied", replay.applied);
  if (replay.orphans_truncated != 0) out.set("orphans_truncated", replay.orphans_truncated);
  if (replay.orphans_removed != 0) out.set("orphans_removed", replay.orphans_removed);
  if (!replay.needed) return out;
  if (replay.kind == "roll-forward") {
    out.set("names", replay.names);
  } else {
    out.set("transactions", replay.transactions);
    out.set("revoked", replay.revoked);
    out.set("blocks", replay.blocks);
  }
  JsonValue inodes = JsonValue::array();
  for (const std::uint64_t inode : replay.inodes) inodes.append(inode);
  out.set("inodes", std::move(inodes));
  out.set("inodes_total", replay.inodes_total);
  if (replay.fast_commits != 0) out.set("fast_commits", replay.fast_commits);
  return out;
}

JsonValue to_json(const Summary& summary) {
  JsonValue verity = JsonValue::object();
  verity.set("verified", summary.verified);
  verity.set("mismatch", summary.mismatch);
  verity.set("malformed", summary.malformed);
  JsonValue pages = JsonValue::object();
  pages.set("total", summary.pages_total);
  pages.set("bad", summary.pages_bad);

  JsonValue out = JsonValue::object();
  out.set("files", summary.files);
  out.set("directories", summary.directories);
  out.set("symlinks", summary.symlinks);
  out.set("other", summary.other);
  out.set("bytes", summary.bytes);
  out.set("ok", summary.ok);
  out.set("damaged", summary.damaged);
  out.set("locked", summary.locked);
  out.set("skipped", summary.skipped);
  if (summary.recovered != 0) out.set("recovered", summary.recovered);
  out.set("error", summary.error);
  out.set("verity", std::move(verity));
  out.set("pages", std::move(pages));
  return out;
}

JsonValue to_json(const Filesystem& filesystem) {
  JsonValue out = JsonValue::object();
  out.set("partition", filesystem.partition ? to_json(*filesystem.partition) : JsonValue());
  out.set("type", filesystem.type);
  out.set("uuid", filesystem.uuid);
  out.set("label", filesystem.label);
  out.set("block_size", filesystem.block_size);
  out.set("page_size", filesystem.page_size);
  out.set("features", JsonValue::strings(filesystem.features));
  out.set("replay", to_json(filesystem.replay));
  return out;
}

JsonValue to_json(const Image& image) {
  JsonValue out = JsonValue::object();
  set_name(out, "path", image.path);
  out.set("size", image.size);
  out.set("format", image.format);
  out.set("sha256", image.sha256 ? JsonValue(*image.sha256) : JsonValue());
  return out;
}

JsonValue to_json(const RunInfo& run) {
  JsonValue out = JsonValue::object();
  out.set("arguments", JsonValue::strings(run.arguments));
  out.set("started", run.started);
  out.set("finished", run.finished);
  out.set("jobs", run.jobs);
  return out;
}

JsonValue tool_json() {
  JsonValue out = JsonValue::object();
  out.set("name", "coldread");
  out.set("version", version());
  return out;
}

}  // namespace coldread::report
