#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/base/error.hpp"
#include "core/extract/host_attributes.hpp"
#include "core/extract/jail.hpp"
#include "core/extract/output_file.hpp"
#include "core/extract/sink.hpp"

namespace coldread::extract {

/// Writes entries below a directory of the host. Nothing is written outside of it and no symlink in it is followed (see
/// Jail). An entry that the host cannot have (its name, its size, its type) is skipped with a problem; what ends the
/// run is an error: no space, no permission, a broken medium.
///
/// Only file() and what it returns may be used from several threads. Names are given in the order of the calls: name()
/// makes them independent of the order in which files are done. Memory grows with the number of directories and
/// symlinks, whose attributes and targets wait for finish(), not with the number of files. Files must not outlive the
/// sink.
class DirectorySink final : public Sink {
 public:
  /// Makes `directory` (its parent must exist), or takes it where it exists and is empty. Errors: kOutput.
  [[nodiscard]] static Result<std::unique_ptr<DirectorySink>> open(const std::string& directory,
                                                                   const SinkOptions& options);

  /// A sink for a new directory `name` within this one: of one filesystem of several. `written_as` and the paths of
  /// hard_link() then count from there. Errors: kOutput.
  [[nodiscard]] Result<std::unique_ptr<DirectorySink>> subdirectory(const std::string& name);

  [[nodiscard]] Result<void> name(SinkEntry& entry) override;
  /// The root entry ("") gives its attributes to the output directory itself.
  [[nodiscard]] Result<Placed> directory(const SinkEntry& entry) override;
  /// Where the file is skipped, `placed` says so, and the SinkFile takes everything and writes nothing.
  [[nodiscard]] Result<std::unique_ptr<SinkFile>> file(const SinkEntry& entry, Placed& placed) override;
  [[nodiscard]] Result<Placed> hard_link(const SinkEntry& entry, const std::string& first_path) override;
  [[nodiscard]] Result<Placed> symlink(const SinkEntry& entry) override;
  [[nodiscard]] Result<Placed> special(const SinkEntry& entry) override;
  [[nodiscard]] Result<std::vector<std::string>> finish() override;

 private:
  struct PendingDirectory {
    std::string placed;
    HostAttributes attributes;
  };
  struct PendingSymlink {
    std::string placed;
    std::string target;
    HostAttributes attributes;
  };

  DirectorySink(std::string place, std::unique_ptr<Jail> jail, const SinkOptions& options)
      : output_(std::move(place), std::move(jail), options) {}

  /// The output path for an entry, told in `placed` too where it differs; nothing where the entry is skipped.
  Result<std::optional<std::string>> choose(const SinkEntry& entry, Placed& placed);
  /// Makes the directories above `path` that were never given as entries, for the user alone.
  SysResult<void> make_parents(const std::string& path);
  SysResult<std::string> make_directory(const std::string& path);

  Output output_;
  std::mutex parents_mutex_;                      ///< over what follows
  std::unordered_set<std::string> made_parents_;  ///< by make_parents, original paths
  std::vector<PendingDirectory> directories_;     ///< each after the one that holds it
  std::vector<PendingSymlink> symlinks_;
};

}  // namespace coldread::extract
