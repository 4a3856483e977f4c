#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cli/commands.hpp"
#include "cli/copy.hpp"
#include "cli/decrypt_names.hpp"
#include "cli/exit_code.hpp"
#include "cli/same_file.hpp"
#include "cli/session.hpp"
#include "core/extract/key_evidence.hpp"
#include "core/extract/pinned_source.hpp"
#include "core/extract/sidecar_names.hpp"
#include "core/extract/sidecar_volume.hpp"
#include "core/report/json.hpp"
#include "core/report/part_file.hpp"
#include "fs/verity.hpp"

namespace coldread::cli {
namespace {

/// How many bytes at the end of a file's last block are zeros.
constexpr std::size_t kEndOfTail = 16;
/// How many entries are named where several have the ciphertext.
constexpr std::size_t kMaxTold = 5;

/// One entry of a report, and the filesystem that it is of.
struct Chosen {
  report::SidecarFilesystem filesystem;
  report::SidecarEntry entry;
};

/// True where the file's name ends with the place at which the extraction wrote the entry: of several filesystems,
/// below a directory for its own.
bool lies_at(const std::string& file, const report::Sidecar& sidecar, const report::SidecarEntry& entry) {
  if (entry.written_as.empty()) return false;
  const auto& partition = sidecar.filesystems[entry.filesystem].partition;
  const bool several = sidecar.filesystems.size() > 1 && partition;
  return ("/" + file).ends_with("/" + (several ? "p" + std::to_string(*partition) + "/" : "") + entry.written_as);
}

/// Entries that decrypt alike, as those of one inode's names do, are one; an older version of the inode may not.
void drop_twins(report::Sidecar& sidecar) {
  std::set<std::tuple<std::string, std::string, std::uint32_t, std::uint64_t, std::uint64_t, bool, std::string>> seen;
  std::erase_if(sidecar.entries, [&](const report::SidecarEntry& entry) {
    const report::SidecarFilesystem& of = sidecar.filesystems[entry.filesystem];
    report::Ciphertext ciphertext = *entry.ciphertext;
    ciphertext.name.reset();
    std::string rest = report::to_json(ciphertext).dump() + entry.malformed;
    if (entry.compression) rest += entry.compression->algorithm + std::to_string(entry.compression->cluster_size);
    return !seen.insert({of.type, of.uuid, of.block_size, entry.inode, entry.size, entry.recovered, rest}).second;
  });
}

Result<Chosen> choose(const Arguments& arguments, const std::string& hash, Io& io) {
  const std::string& file = arguments.image;
  const std::string path =
      arguments.sidecar_path.substr(arguments.sidecar_path.find_first_not_of('/') == std::string::npos
                                        ? 0
                                        : arguments.sidecar_path.find_first_not_of('/'));
  bool seen = false;
  bool kept = false;
  auto sidecar =
      read_report(arguments.sidecar, [&](const report::SidecarFilesystem&, const report::SidecarEntry& entry) {
        if (!path.empty() && entry.path != path) return false;
        seen = true;
        if (!entry.ciphertext || !entry.ciphertext->file) return false;
        kept = true;
        return entry.ciphertext->file->sha256 == hash;
      });
  if (!sidecar) return fail(std::move(sidecar.error()));
  std::vector<report::SidecarEntry>& found = sidecar->entries;
  if (found.empty() && !path.empty()) {
    if (!seen) return fail(ErrorKind::kNotFound, path, "the report has no such entry");
    if (!kept) return fail(ErrorKind::kNotFound, path, "the report tells of no ciphertext of it");
    return fail(ErrorKind::kNotFound, file, "has been changed, or is not the ciphertext of " + path);
  }
  if (sidecar->with_ciphertext == 0) {
    return fail(ErrorKind::kNotFound, arguments.sidecar,
                "tells of no ciphertext: no file was locked, or it was not asked for with --ciphertext");
  }
  if (found.empty()) {
    return fail(ErrorKind::kNotFound, file, "has been changed, or is not of this report: no entry has this ciphertext");
  }
  const auto there = [&](const report::SidecarEntry& entry) { return lies_at(file, *sidecar, entry); };
  const bool one_there = !sidecar->more && std::count_if(found.begin(), found.end(), there) == 1;
  const report::SidecarEntry at_its_place = one_there ? *std::find_if(found.begin(), found.end(), there) : found[0];
  drop_twins(*sidecar);
  if (one_there && found.size() > 1 && !arguments.quiet) {
    complain(io, file + ": several entries have this ciphertext; by its place it is that of " + at_its_place.path);
  }
  if (one_there) found = {at_its_place};
  if (found.size() > 1 || sidecar->more) {
    std::string paths;
    for (std::size_t i = 0; i < std::min(found.size(), kMaxTold); ++i) paths += (i == 0 ? "" : ", ") + found[i].path;
    if (found.size() > kMaxTold || sidecar->more) paths += ", ...";
    return fail(ErrorKind::kNotFound, file,
                "several entries have this ciphertext (" + paths + "); choose one with --path");
  }
  return Chosen{sidecar->filesystems[found.front().filesystem], std::move(found.front())};
}

/// The name of an entry's file, decrypted where it is locked and its directory's key is there.
std::string true_name(const Chosen& chosen, const fscrypt::KeyRing& keys) {
  const auto& name = chosen.entry.ciphertext->name;
  if (name) {
    if (auto plain = extract::decrypt_name(chosen.filesystem, *name, keys)) return *std::move(plain);
  }
  const std::string& path = chosen.entry.path;
  return path.substr(path.find_last_of('/') + 1);
}

/// Where the content goes: a file that is there whole or not at all, or standard output.
Result<std::unique_ptr<report::PartFile>> open_output(const Arguments& arguments, const Chosen& chosen,
                                                      const fscrypt::KeyRing& keys) {
  std::string path = arguments.output;
  if (path.empty() || path == "-") return nullptr;
  struct stat st {};
  if (::stat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode)) path += "/" + true_name(chosen, keys);
  if (::lstat(path.c_str(), &st) == 0 && !S_ISFIFO(st.st_mode) && !S_ISCHR(st.st_mode)) {  // a disk least of all
    return fail(ErrorKind::kOutput, path, "is there already; give another name for the output");
  }
  return report::PartFile::create(path);
}

/// True where standard output goes to the end of the ciphertext itself.
bool is_standard_output(const source::FileSource& file) {
  struct stat in {};
  struct stat out {};
  return ::fstat(file.descriptor(), &in) == 0 && ::fstat(STDOUT_FILENO, &out) == 0 && is_same_file(in, out);
}

/// Says where what lies past the end speaks for a key or an IV that is not the file's: all that it depends on is what
/// the report says. It proves nothing, for a file may have been longer before a crash.
void tell_tail(const extract::SidecarVolume& volume, const extract::Encryption& encryption, const std::string& file,
               Io& io) {
  if (volume.inode().facts().verity) return;  // which tells more
  const auto tail = extract::read_tail(volume, volume.inode(), encryption, *encryption.key);
  if (!tail || all_zero(ByteSpan(*tail).last(std::min(tail->size(), kEndOfTail)))) return;
  complain(io,
           file + ": its last block does not end with zeros: it was cut short, or the report tells of another file");
}

/// What keeps the content from being called whole, beside what reading it finds.
int tell_reservations(const report::SidecarEntry& entry, const std::string& file, Io& io) {
  for (const std::string& problem : entry.ciphertext->problems) complain(io, file + ": " + problem);
  if (entry.recovered) complain(io, file + ": it is what remains of a deleted file");
  return entry.ciphertext->problems.empty() && !entry.recovered ? kOk : kFindings;
}

Result<int> decrypt_file(const Arguments& arguments, fscrypt::KeyRing& keys, Io& io) {
  const std::string& path = arguments.image;
  auto opened = source::FileSource::open(path);
  if (!opened) return fail(std::move(opened.error()));
  auto file = extract::PinnedSource::make(*opened, io.interrupt);
  if (!file) return fail(ErrorKind::kRead, path, file.error().what);
  if (io.interrupt) return static_cast<int>(kInterrupted);
  const auto chosen = choose(arguments, (*file)->sha256(), io);
  if (!chosen) return fail(chosen.error());
  const auto at_file = [&](Error error) {
    error.where = error.where.empty() ? path : path + ": " + error.where;
    return fail(std::move(error));
  };

  const auto find_verity = [](const report::SidecarFilesystem& filesystem, const volume::InodeFacts& facts,
                              std::uint64_t mapped_end, const read::Reader& past_eof) {
    return fs::find_verity(filesystem.type, filesystem.block_size, facts, mapped_end, past_eof);
  };
  auto volume = extract::SidecarVolume::make(chosen->filesystem, chosen->entry, *file, find_verity);
  if (!volume) return at_file(std::move(volume.error()));
  extract::find_key_evidence(**volume, (*volume)->inode(), keys);
  auto encryption = extract::find_encryption((*volume)->inode(), keys, (*volume)->facts());
  if (!encryption) return at_file(std::move(encryption.error()));
  if ((*encryption)->key == nullptr) return fail(ErrorKind::kLocked, path, "is locked: " + why_locked(**encryption));

  const auto plan = extract::plan_content(**volume, (*volume)->inode(), &**encryption,
                                          std::max(read::kMinPageSize, chosen->filesystem.block_size));
  auto output = open_output(arguments, *chosen, keys);
  if (!output) return fail(std::move(output.error()));
  if (!*output && is_standard_output(**opened)) {
    return fail(ErrorKind::kOutput, path, "standard output is this file itself");
  }
  if (arguments.verbose) {
    complain(io, path + ": " + chosen->entry.path + " of filesystem " + chosen->filesystem.uuid + ", named " +
                     true_name(*chosen, keys));
  }
  const auto write = [&](std::string_view text) {
    if (*output) {
      (*output)->write(text);
      return !(*output)->error();
    }
    io.out.write(text.data(), static_cast<std::streamsize>(text.size()));
    return static_cast<bool>(io.out);
  };
  int code = copy(*plan.reader, 0, plan.reader->size(), path, write, io);
  if (code == kInterrupted) return code;
  if (!arguments.quiet) tell_tail(**volume, **encryption, path, io);
  code = std::max({code, tell_verity(plan, path, io), tell_reservations(chosen->entry, path, io)});
  if (*output) {
    if (auto done = (*output)->commit(); !done) return fail(std::move(done.error()));
  }
  return code;
}

/// Holds keys that nothing else proves against the names that the report tells of.
Result<int> weigh_names(const Arguments& arguments, fscrypt::KeyRing& keys) {
  if (keys.unproven_count() == 0) return static_cast<int>(kOk);
  extract::SidecarEvidence evidence(keys);
  const auto sidecar = read_report(arguments.sidecar,
                                   [&](const report::SidecarFilesystem& filesystem, const report::SidecarEntry& entry) {
                                     evidence.add(filesystem, entry);
                                     return false;
                                   });
  if (!sidecar) return fail(sidecar.error());
  evidence.judge();
  return static_cast<int>(kOk);
}

}  // namespace

int decrypt(const Arguments& arguments, Io& io) {
  fscrypt::KeyRing keys;
  auto added = add_keys(arguments, io, keys);
  Result<int> code(kOk);
  if (!added) {
    code = fail(added.error());
  } else {
    code = weigh_names(arguments, keys);
    if (code) code = arguments.names ? tell_names(arguments, keys, io) : decrypt_file(arguments, keys, io);
  }
  if (!code) complain(io, code.error().message());
  if (added && !arguments.quiet) name_unused_keys(keys, "that was looked at", io);
  return code ? *code : exit_code_of(code.error().kind);
}

}  // namespace coldread::cli
