#include "cli/session.hpp"

#include <algorithm>
#include <utility>

#include "cli/vold_keys.hpp"
#include "core/base/text.hpp"
#include "core/extract/key_evidence.hpp"
#include "core/fscrypt/key_files.hpp"

namespace coldread::cli {

void complain(Io& io, const std::string& message) {
  io.err << "coldread: " << shown(message, io.err_is_terminal) << '\n';
}

Result<std::vector<fscrypt::NamedSecret>> read_key_files(const std::vector<std::string>& paths, Io& io) {
  std::vector<fscrypt::NamedSecret> all;
  for (const std::string& path : paths) {
    auto keys = fscrypt::read_keys(path, io.in);
    if (!keys) return fail(ErrorKind::kUsage, keys.error().where, keys.error().what);
    for (fscrypt::NamedSecret& key : *keys) all.push_back(std::move(key));
  }
  return all;
}

namespace {

Result<void> add_hw_keys(const Arguments& arguments, Io& io, fscrypt::KeyRing& ring) {
  const auto hw_keys = read_key_files(arguments.hw_keys, io);
  if (!hw_keys) return fail(hw_keys.error());
  for (const fscrypt::NamedSecret& raw : *hw_keys) {
    if (auto added = ring.add_hw(raw.key, raw.origin); !added) return added;
  }
  const auto sw_secrets = read_key_files(arguments.sw_secrets, io);
  if (!sw_secrets) return fail(sw_secrets.error());
  const auto inline_keys = read_key_files(arguments.inline_keys, io);
  if (!inline_keys) return fail(inline_keys.error());
  return ring.add_hw_parts(*sw_secrets, *inline_keys);
}

}  // namespace

Result<void> add_keys(const Arguments& arguments, Io& io, fscrypt::KeyRing& ring) {
  for (const std::string& path : arguments.keys) {
    auto keys = fscrypt::read_keys(path, io.in);
    if (!keys) return fail(ErrorKind::kUsage, keys.error().where, keys.error().what);
    for (fscrypt::NamedSecret& key : *keys) {
      auto added = ring.add(std::move(key.key), key.origin);
      if (!added) return fail(std::move(added.error()));
      if (arguments.verbose) complain(io, key.origin + ": key " + *added);
    }
  }
  for (const V1Key& v1 : arguments.v1_keys) {
    auto keys = fscrypt::read_keys(v1.path, io.in);
    if (!keys) return fail(ErrorKind::kUsage, keys.error().where, keys.error().what);
    if (keys->size() != 1)
      return fail(ErrorKind::kUsage, v1.path, "a descriptor has one key, and this directory several");
    fscrypt::KeyDescriptor descriptor{};
    const Bytes bytes = from_hex(v1.descriptor).value_or(Bytes());
    std::copy_n(bytes.begin(), std::min(bytes.size(), descriptor.size()), descriptor.begin());
    auto added = ring.add_v1(descriptor, std::move(keys->front().key), keys->front().origin);
    if (!added) return added;
  }
  return add_hw_keys(arguments, io, ring);
}

Result<Session> open_session(const Arguments& arguments, Io& io) {
  Session session;
  session.keys = std::make_unique<fscrypt::KeyRing>();
  if (auto added = add_keys(arguments, io, *session.keys); !added) return fail(std::move(added.error()));
  auto passphrases = read_passphrases(arguments, io);
  if (!passphrases) return fail(std::move(passphrases.error()));
  session.image_keys.passphrases = *std::move(passphrases);
  auto image = source::FileSource::open(arguments.image);
  if (!image) return fail(std::move(image.error()));
  session.image = std::move(*image);
  fs::OpenOptions options{arguments.partition, arguments.offset, !arguments.no_replay, nullptr, {}, {}};
  if (!arguments.journal.empty()) {
    auto journal = source::FileSource::open(arguments.journal, source::Medium::kJournal);
    if (!journal) return fail(std::move(journal.error()));
    options.journal = std::move(*journal);
  }
  options.checkpoint = arguments.checkpoint;
  for (const std::string& path : arguments.devices) {
    auto device = source::FileSource::open(path, source::Medium::kDevice);
    if (!device) return fail(std::move(device.error()));
    options.devices.push_back(std::move(*device));
  }
  auto contents = fs::open_image(session.image, options);
  if (!contents) {
    Error error = std::move(contents.error());
    if (error.where.empty()) error.where = arguments.image;
    return fail(std::move(error));
  }
  session.contents = std::move(*contents);

  const Error* refusal = nullptr;
  bool any = false;
  for (const fs::Found& found : session.contents.filesystems) {
    any = any || found.volume != nullptr;
    if (found.error && refusal == nullptr) refusal = &*found.error;
  }
  if (!any && refusal != nullptr) return fail(refusal->kind, arguments.image, refusal->message());
  for (const fs::Found& found : session.contents.filesystems) {
    if (found.error) complain(io, arguments.image + ": " + partition_name(found) + ": " + found.error->message());
  }
  const bool journal_used = std::any_of(
      session.contents.filesystems.begin(), session.contents.filesystems.end(),
      [](const fs::Found& found) { return found.volume != nullptr && found.volume->facts().replay.external_journal; });
  if (!arguments.journal.empty() && !journal_used && !arguments.quiet) {
    complain(io,
             arguments.journal + ": it was not used: no filesystem that was opened has its journal on another device");
  }
  for (const fs::Found& found : session.contents.filesystems) {
    if (found.volume) extract::find_key_evidence(*found.volume, *session.keys);
  }
  for (const Finding& finding : session.contents.table.findings) complain(io, arguments.image + ": " + finding);
  if (auto found = add_vold_keys(arguments, io, options, session); !found) return fail(std::move(found.error()));
  add_image_keys(arguments, io, session.image, options, session.contents, *session.keys, session.image_keys);
  // Keys that were not tried are not to be called missing. What writes a report says there that it was interrupted.
  const bool reports = arguments.command == "extract" || arguments.command == "verify";
  if (io.interrupt && !reports) {
    return fail(ErrorKind::kInterrupted, arguments.image, "interrupted while its keys were looked for");
  }
  return session;
}

std::vector<fs::Found> filesystems_left_out(const std::shared_ptr<const source::FileSource>& image,
                                            fs::OpenOptions options, const fs::ImageContents& contents) {
  std::vector<fs::Found> others;
  if (!options.partition && !options.offset) return others;
  options.partition.reset();
  options.offset.reset();
  auto all = fs::open_image(image, options);
  if (!all) return others;
  for (fs::Found& found : all->filesystems) {
    const auto is_same = [&](const fs::Found& chosen) { return chosen.offset == found.offset; };
    if (found.volume && std::ranges::none_of(contents.filesystems, is_same)) others.push_back(std::move(found));
  }
  return others;
}

Result<const fs::Found*> only_filesystem(const Session& session) {
  const auto& all = session.contents.filesystems;
  if (all.size() == 1) return &all.front();
  std::string numbers;
  for (const fs::Found& found : all) {
    if (found.partition) numbers += (numbers.empty() ? "" : ", ") + std::to_string(found.partition->number);
  }
  return fail(ErrorKind::kNotFound, "",
              "the image holds several filesystems; choose one with --partition (" + numbers + ")");
}

Result<extract::WalkItem> find_path(const volume::Volume& volume, const fscrypt::KeyRing& keys, const std::string& path,
                                    const Lost& lost) {
  extract::PathSelection selection({path});
  extract::TreeWalker walker(volume, keys, selection);
  lost.add_to(walker);
  bool locked = false;
  while (auto item = walker.next()) {
    if (selection.unseen().empty()) {
      if (!item->inode && item->error) return fail(std::move(*item->error));
      return std::move(*item);
    }
    locked = locked || item->locked();
  }
  return fail(ErrorKind::kNotFound, path,
              locked ? "there is no such path in the filesystem as it can be read: a directory on the way is locked, "
                       "its key is missing"
                     : "there is no such path in the filesystem (paths start at its root)");
}

void Lost::add_to(extract::TreeWalker& walker) const {
  if (orphans) walker.add_orphans(*orphans);
  if (deleted) walker.add_deleted(*deleted);
}

Findings Lost::findings() const {
  Findings all;
  if (orphans) all = orphans->findings;
  if (deleted) all.insert(all.end(), deleted->findings.begin(), deleted->findings.end());
  return all;
}

Lost find_lost(const volume::Volume& volume, const fscrypt::KeyRing& keys, const Arguments& arguments) {
  Lost lost;
  if (arguments.orphans) lost.orphans = extract::find_orphans(volume);
  if (arguments.deleted) lost.deleted = extract::find_deleted(volume, keys);
  return lost;
}

std::string partition_name(const fs::Found& found) {
  return found.partition ? "p" + std::to_string(found.partition->number) : "";
}

std::uint32_t page_size_for(const Arguments& arguments, const volume::Volume& volume) {
  if (arguments.page_size != 0) return arguments.page_size;
  return std::max(read::kMinPageSize, volume.facts().block_size);
}

report::Filesystem filesystem_record(const fs::Found& found, std::uint32_t page_size) {
  report::Filesystem record;
  if (found.partition) {
    record.partition = report::PartitionInfo{found.partition->number, found.partition->label, found.partition->uuid,
                                             found.partition->offset, found.partition->size};
  }
  const volume::VolumeFacts& facts = found.volume->facts();
  record.type = facts.type;
  record.uuid = format_uuid(facts.uuid);
  record.label = facts.label;
  record.block_size = facts.block_size;
  record.page_size = page_size;
  record.features = facts.features;
  const volume::ReplayFacts& replay = facts.replay;
  record.replay = {
      replay.needed,          replay.kind,   replay.applied,      replay.transactions, replay.revoked,
      replay.blocks,          replay.inodes, replay.inodes_total, replay.fast_commits, replay.orphans_truncated,
      replay.orphans_removed, replay.names};
  return record;
}

std::string why_locked(const extract::Encryption& encryption) {
  if (!encryption.why_locked.empty()) return encryption.why_locked;
  const fscrypt::Policy& policy = encryption.context.policy;
  const std::string key = to_hex(policy.master_key);
  const std::string option = policy.version == 1 ? "--v1-key " + key + "=FILE" : "--key";
  return "its key " + key + " is missing; give it with " + option;
}

std::set<std::string> keys_from_image(const Session& session) {
  std::set<std::string> origins = origins_from_image(session.image_keys);
  for (const extract::VoldKey& key : session.vold_keys) origins.insert(key.origin);
  return origins;
}

void name_unused_keys(const Session& session, const Arguments& arguments, Io& io) {
  if (arguments.quiet || io.interrupt) return;
  const std::set<std::string> from_image = keys_from_image(session);
  const auto is_from_image_itself = [&](const fscrypt::GivenKey& key) { return from_image.contains(key.origin); };
  const char* const where = arguments.paths.empty() ? "on the image" : "that was looked at";
  name_unused_keys(*session.keys, where, io, is_from_image_itself);
  name_unused_passphrases(session.image_keys, *session.keys, where, io);
}

void name_unused_keys(const fscrypt::KeyRing& keys, const char* where, Io& io,
                      const std::function<bool(const fscrypt::GivenKey&)>& not_given) {
  for (const fscrypt::GivenKey& key : keys.given()) {
    if (not_given && not_given(key)) continue;
    const std::string hint = key.text == 0 ? ""
                                           : "; its " + std::to_string(key.text) +
                                                 " bytes are text that is no key in hex, and were taken as raw ones";
    if (!key.refused.empty()) {
      complain(io, key.origin + ": " + key.refused + hint);
    } else if (!key.used) {
      complain(io, key.origin + ": this key (" + key.name() + ") opens nothing " + where + hint);
    } else if (!key.proven) {
      const bool is_inline = key.identifier_hex.empty() && key.descriptor_hex.empty();
      complain(io,
               key.origin + (is_inline ? ": that this inline key is the one of its software secret is not proven: too "
                                         "little lies past the ends of files"
                                       : ": that this key is the one of " + key.name() +
                                             " is not proven: the descriptor is not derived from it, and there are "
                                             "too few names"));
    }
  }
}

}  // namespace coldread::cli
