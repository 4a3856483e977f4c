#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/byte_view.hpp"
#include "core/base/error.hpp"
#include "core/volume/inode.hpp"

namespace coldread::extract {

/// What a sink is told of an entry before and after its content.
struct SinkEntry {
  std::string path;    ///< raw bytes, relative, components separated by "/"; the root is ""
  std::string suffix;  ///< what its name in the output ends with, where it is not what it is called
  volume::InodeFacts facts;
  std::vector<volume::Xattr> xattrs;
  std::string target;  ///< symlinks, raw bytes
  /// The path below the output that Sink::name() chose; where it was not asked, the call that makes the entry chooses.
  std::optional<std::string> place;
};

/// One regular file being written. Pieces may come from several threads, each piece once, in any order.
class SinkFile {
 public:
  SinkFile() = default;
  SinkFile(const SinkFile&) = delete;
  SinkFile& operator=(const SinkFile&) = delete;
  virtual ~SinkFile() = default;  ///< without commit(), nothing of the file stays

  /// Writes `bytes` at `offset`. Ranges that are never written are holes. Errors: kOutput.
  [[nodiscard]] virtual Result<void> write(std::uint64_t offset, ByteSpan bytes) = 0;
  /// Gives the file its size, permissions, attributes and times, then its name. Errors: kOutput.
  [[nodiscard]] virtual Result<void> commit(const SinkEntry& entry) = 0;
};

/// What became of one entry in the output.
struct Placed {
  std::optional<std::string> written_as;  ///< the path below the output, only where it had to differ from the entry's
  bool skipped = false;                   ///< nothing was written, by type
  std::vector<std::string> problems;      ///< what the output could not carry, a sentence each
};

/// Where extracted files go. Everything written stays inside the output directory. Entries of a directory come after
/// it.
class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  /// Chooses the place of a file or of a further name of one, without making it. Called in the order of the walk, it
  /// makes the names in a directory that holds one name twice independent of which file is read first. Errors: kOutput.
  [[nodiscard]] virtual Result<void> name(SinkEntry& /*entry*/) { return {}; }
  /// Makes a directory (its permissions and times are set in finish(), when nothing more is written into it).
  [[nodiscard]] virtual Result<Placed> directory(const SinkEntry& entry) = 0;
  /// Begins a regular file under a temporary name. `placed` receives the name that it will have. Thread-safe.
  [[nodiscard]] virtual Result<std::unique_ptr<SinkFile>> file(const SinkEntry& entry, Placed& placed) = 0;
  /// A further name of a file that was committed as `first_path` (the path as placed).
  [[nodiscard]] virtual Result<Placed> hard_link(const SinkEntry& entry, const std::string& first_path) = 0;
  /// A symlink: made in finish(), so that no later entry can be written through it.
  [[nodiscard]] virtual Result<Placed> symlink(const SinkEntry& entry) = 0;
  /// A device node, fifo or socket.
  [[nodiscard]] virtual Result<Placed> special(const SinkEntry& entry) = 0;
  /// Makes the symlinks, then gives directories their permissions and times, deepest first. Returns sentences on what
  /// could not be carried. Errors: kOutput.
  [[nodiscard]] virtual Result<std::vector<std::string>> finish() = 0;
};

}  // namespace coldread::extract
