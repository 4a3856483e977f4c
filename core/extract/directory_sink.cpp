#include "core/extract/directory_sink.hpp"

#include <dirent.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>
#include <utility>

namespace coldread::extract {
namespace {

std::string reason(int code) { return std::generic_category().message(code); }

tl::unexpected<Error> output_error(const std::string& where, const std::string& what, int code) {
  return fail(ErrorKind::kOutput, where, what + ": " + reason(code));
}

/// As concerns_entry, for what some hosts and users are not allowed to make at all: nodes, symlinks, hard links.
bool concerns_kind(int code) { return concerns_entry(code) || code == EPERM || code == EACCES; }

/// True where there is no directory of that name, though perhaps something else.
bool no_directory(int code) { return code == ENOENT || code == ENOTDIR || code == ELOOP; }

void skip(Placed& placed, const std::string& why) {
  placed.skipped = true;
  placed.written_as.reset();
  placed.problems.push_back("not written: " + why);
}

/// True for a directory without entries, false for one with some. Errors: errno.
SysResult<bool> is_empty_directory(const std::string& path) {
  DIR* const listing = ::opendir(path.c_str());
  if (listing == nullptr) return tl::unexpected<int>(errno);
  bool empty = true;
  int code = 0;
  while (empty) {
    errno = 0;
    const dirent* const entry = ::readdir(listing);
    code = entry == nullptr ? errno : 0;
    if (entry == nullptr) break;
    const std::string_view name(static_cast<const char*>(entry->d_name));
    empty = name == "." || name == "..";
  }
  ::closedir(listing);
  if (code != 0) return tl::unexpected<int>(code);
  return empty;
}

mode_t type_bits(volume::FileType type) {
  switch (type) {
    case volume::FileType::kChr: return S_IFCHR;
    case volume::FileType::kBlk: return S_IFBLK;
    case volume::FileType::kFifo: return S_IFIFO;
    case volume::FileType::kSock: return S_IFSOCK;
    default: return 0;
  }
}

}  // namespace

Result<std::unique_ptr<DirectorySink>> DirectorySink::open(const std::string& directory, const SinkOptions& options) {
  if (::mkdir(directory.c_str(), 0777) != 0) {
    if (errno != EEXIST) return output_error(directory, "the output directory cannot be made", errno);
    const auto empty = is_empty_directory(directory);
    if (!empty && empty.error() == ENOTDIR) {
      return fail(ErrorKind::kOutput, directory, "is not a directory; give a new or an empty directory for the output");
    }
    if (!empty) return output_error(directory, "the output directory cannot be listed", empty.error());
    if (!*empty) {
      return fail(ErrorKind::kOutput, directory, "is not empty; give a new or an empty directory for the output");
    }
  }
  auto jail = Jail::open(directory);
  if (!jail) return output_error(directory, "the output directory cannot be opened", jail.error());
  return std::unique_ptr<DirectorySink>(new DirectorySink(directory, *std::move(jail), options));
}

Result<std::unique_ptr<DirectorySink>> DirectorySink::subdirectory(const std::string& name) {
  const auto made = output_.jail->make_directory(name);
  if (!made) return output_.error(name, "cannot be made", made.error());
  auto jail = output_.jail->inner(name);
  if (!jail) return output_.error(name, "cannot be opened", jail.error());
  return std::unique_ptr<DirectorySink>(
      new DirectorySink(output_.place + "/" + name, *std::move(jail), output_.options));
}

SysResult<std::string> DirectorySink::make_directory(const std::string& path) {
  auto placed = output_.names.claim(path);
  if (!placed) return placed;
  if (const auto made = output_.jail->make_directory(*placed); !made) return tl::unexpected<int>(made.error());
  output_.names.settle(*placed);
  output_.names.place_directory(path, *placed);
  return placed;
}

SysResult<void> DirectorySink::make_parents(const std::string& path) {
  const std::lock_guard lock(parents_mutex_);
  for (std::size_t end = path.find('/'); end != std::string::npos; end = path.find('/', end + 1)) {
    const std::string parent = path.substr(0, end);
    const auto there = output_.jail->directory(output_.names.directory(parent));
    if (there) continue;
    if (!no_directory(there.error())) return tl::unexpected<int>(there.error());
    if (const auto made = make_directory(parent); !made) return tl::unexpected<int>(made.error());
    made_parents_.insert(parent);
  }
  return {};
}

Result<std::optional<std::string>> DirectorySink::choose(const SinkEntry& entry, Placed& placed) {
  if (entry.place) {
    if (*entry.place != entry.path) placed.written_as = entry.place;
    return entry.place;
  }
  if (!is_relative_path(entry.path)) {
    skip(placed, "its name is one that no directory may hold");
    return std::nullopt;
  }
  auto path = output_.names.claim(entry.path, entry.suffix);
  if (!path && no_directory(path.error())) {
    const auto made = make_parents(entry.path);
    path = made ? output_.names.claim(entry.path, entry.suffix) : tl::unexpected<int>(made.error());
  }
  if (path) {
    if (*path != entry.path) placed.written_as = *path;
    return *std::move(path);
  }
  const int code = path.error();
  if (!concerns_entry(code) && code != EEXIST) return output_.error(entry.path, "cannot be made", code);
  skip(placed, code == EEXIST ? "too many entries have its name" : reason(code));
  return std::nullopt;
}

Result<void> DirectorySink::name(SinkEntry& entry) {
  Placed unused;  // an entry that is skipped gets no place, and is told so when it is to be made
  auto place = choose(entry, unused);
  if (!place) return fail(std::move(place.error()));
  entry.place = *std::move(place);
  return {};
}

Result<Placed> DirectorySink::directory(const SinkEntry& entry) {
  Placed placed;
  std::string path;
  if (!entry.path.empty()) {
    const std::lock_guard lock(parents_mutex_);
    if (made_parents_.erase(entry.path) != 0) {
      path = output_.names.directory(entry.path);
      if (path != entry.path) placed.written_as = path;
    }
  }
  if (!entry.path.empty() && path.empty()) {
    auto chosen = choose(entry, placed);
    if (!chosen) return fail(std::move(chosen.error()));
    if (!*chosen) return placed;
    path = **std::move(chosen);
    if (const auto made = output_.jail->make_directory(path); !made) {
      if (!concerns_entry(made.error())) return output_.error(path, "cannot be made", made.error());
      skip(placed, reason(made.error()));
      return placed;
    }
    output_.names.settle(path);
    output_.names.place_directory(entry.path, path);
  }
  const auto handle = output_.jail->directory(path);
  if (!handle) return output_.error(path, "cannot be opened", handle.error());
  apply_xattrs((*handle)->get(), entry.xattrs, path, output_.losses);
  directories_.push_back({std::move(path), host_attributes(entry.facts, output_.options)});
  return placed;
}

Result<std::unique_ptr<SinkFile>> DirectorySink::file(const SinkEntry& entry, Placed& placed) {
  auto path = choose(entry, placed);
  if (!path) return fail(std::move(path.error()));
  if (!*path) return std::make_unique<DiscardedFile>();
  auto file = OutputFile::create(output_, **path, entry.facts.size);
  if (file) return *std::move(file);
  if (!concerns_entry(file.error())) return output_.error(**path, "cannot be made", file.error());
  skip(placed, "the host cannot have a file of that name and size (" + reason(file.error()) + ")");
  return std::make_unique<DiscardedFile>();
}

Result<Placed> DirectorySink::hard_link(const SinkEntry& entry, const std::string& first_path) {
  if (entry.facts.type == volume::FileType::kSymlink) return symlink(entry);
  Placed placed;
  auto path = choose(entry, placed);
  if (!path) return fail(std::move(path.error()));
  if (!*path) return placed;
  if (const auto made = output_.jail->link(first_path, **path); !made) {
    const int code = made.error();
    if (!concerns_kind(code) && code != ENOENT && code != EXDEV) return output_.error(**path, "cannot be made", code);
    skip(placed, "a hard link could not be made (" + reason(code) + "); the content is in " + first_path);
    return placed;
  }
  output_.names.settle(**path);
  return placed;
}

Result<Placed> DirectorySink::symlink(const SinkEntry& entry) {
  Placed placed;
  if (entry.target.empty() || entry.target.size() >= PATH_MAX || entry.target.find('\0') != std::string::npos) {
    skip(placed, "its target is empty, longer than the host allows, or holds a NUL");
    return placed;
  }
  auto path = choose(entry, placed);
  if (!path) return fail(std::move(path.error()));
  if (*path) symlinks_.push_back({**std::move(path), entry.target, host_attributes(entry.facts, output_.options)});
  return placed;
}

Result<Placed> DirectorySink::special(const SinkEntry& entry) {
  Placed placed;
  const mode_t type = type_bits(entry.facts.type);
  if (!output_.options.special || type == 0) {
    placed.skipped = true;
    return placed;
  }
  auto path = choose(entry, placed);
  if (!path) return fail(std::move(path.error()));
  if (!*path) return placed;
  const dev_t device = ::makedev(entry.facts.rdev_major, entry.facts.rdev_minor);
  if (const auto made = output_.jail->make_node(**path, type, device); !made) {
    if (!concerns_kind(made.error())) return output_.error(**path, "cannot be made", made.error());
    skip(placed, "the host refused to make it (" + reason(made.error()) + ")");
    return placed;
  }
  output_.names.settle(**path);
  apply_unopened(*output_.jail, **path, host_attributes(entry.facts, output_.options), false, output_.losses);
  return placed;
}

Result<std::vector<std::string>> DirectorySink::finish() {
  for (const PendingSymlink& link : symlinks_) {
    if (const auto made = output_.jail->symlink(link.target, link.placed); !made) {
      if (!concerns_kind(made.error())) return output_.error(link.placed, "cannot be made", made.error());
      output_.losses.add("the symlink could not be made", made.error(), link.placed);
      continue;
    }
    apply_unopened(*output_.jail, link.placed, link.attributes, true, output_.losses);
  }
  std::reverse(directories_.begin(), directories_.end());
  for (const PendingDirectory& directory : directories_) {
    const auto handle = output_.jail->directory(directory.placed);
    if (!handle) return output_.error(directory.placed, "cannot be opened", handle.error());
    apply((*handle)->get(), directory.attributes, directory.placed, output_.losses);
  }
  return output_.losses.sentences();
}

}  // namespace coldread::extract
