#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "core/extract/content.hpp"
#include "core/extract/content_hash.hpp"
#include "core/extract/entry_record.hpp"
#include "core/extract/options.hpp"
#include "core/extract/sink.hpp"

namespace coldread::extract {

/// What the tasks of one filesystem share.
struct TaskContext {
  const volume::Volume& volume;
  const ExtractOptions& options;
  Sink* sink;  ///< null: nothing is written
  Progress& progress;
  std::mutex mutex;
  std::optional<Error> output_error;  ///< the first one, under the mutex; it ends the run
  std::atomic<bool> stop{false};      ///< no more windows are begun

  void stop_with(Error error);
};

/// What of a file is written: its content, or, of a locked file, what is stored in its place.
enum class Take : std::uint8_t { kContent, kCiphertext };

/// One regular file on its way: its windows are run by any number of workers, its hash is fed in file order. set_up()
/// comes first, then run_window() once for each window in rising order of their begin, then finish(), once.
class FileTask {
 public:
  /// `out` is what the sink is told, its name chosen already; its attributes are filled in here.
  /// The entry of one of whom the ciphertext is taken has its `ciphertext` but for the file, which is added here.
  FileTask(TaskContext& context, WalkItem item, report::Entry entry, SinkEntry out, Take take);

  void set_up();
  [[nodiscard]] std::uint64_t windows() const { return windows_; }
  /// Bytes of a window; once it is set up.
  [[nodiscard]] std::uint32_t window_size() const { return plan_.reader->window_size(); }
  /// `buffer` holds a window; `window` is scratch that a worker keeps from call to call.
  void run_window(std::uint64_t index, MutableByteSpan buffer, read::Window& window);
  /// `complete` is false where the run was stopped before each window was run: nothing of the file is kept then.
  void finish(bool complete);

  /// After finish():
  /// True where the file was not read to its end or could not be written: its entry is not to be reported.
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] report::Entry& entry() { return entry_; }
  [[nodiscard]] const std::optional<std::string>& placed_path() const { return placed_path_; }

 private:
  void write(const read::Window& window);
  void hash_in_turn(std::uint64_t index, ByteSpan content);
  void record_faults(const read::Window& window);
  void finish_content();
  void finish_ciphertext();
  /// Gives the file its place in the output, unless it is damaged and such are omitted. True where it is there.
  bool put_in_place(const char* omitted);
  [[nodiscard]] std::vector<report::BadRange> bad_ranges() const;
  void report_pages();
  void report_verity();
  void report_runs();

  TaskContext& context_;
  WalkItem item_;
  report::Entry entry_;
  Take take_;
  ContentPlan plan_;
  SinkEntry sink_entry_;
  Placed placed_;
  std::unique_ptr<SinkFile> file_;
  std::optional<std::string> placed_path_;
  std::uint64_t windows_ = 0;
  std::atomic<bool> write_failed_{false};
  bool failed_ = false;

  std::mutex mutex_;
  std::condition_variable turn_came_;
  std::uint64_t hash_turn_ = 0;
  std::vector<std::string> hashes_;
  ContentHash hash_;
  std::vector<read::BlockFault> faults_;
};

}  // namespace coldread::extract
