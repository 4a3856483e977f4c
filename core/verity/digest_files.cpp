#include "core/verity/digest_files.hpp"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace coldread::verity {
namespace {

/// Pieces that may wait, for each worker, until an earlier one is there.
constexpr std::uint64_t kPiecesPerJob = 4;

class Run {
 public:
  Run(const std::vector<std::string>& paths, const DigestMethod& method, unsigned jobs,
      const std::atomic<bool>& interrupt, const OnDigest& on_digest, const OnTreeBlock& on_block)
      : paths_(paths),
        method_(method),
        limit_(jobs * kPiecesPerJob),
        interrupt_(interrupt),
        on_digest_(on_digest),
        on_block_(on_block) {}

  void work() {
    Bytes buffer(DigestFile::kPieceSize);
    while (auto task = take()) {
      const auto [done, complete] = task->file->hash(task->piece, buffer);
      if (complete) tell(task->index, task->file->finish());
      const std::lock_guard lock(mutex_);
      under_way_ -= done;
      room_came_.notify_all();
    }
  }

 private:
  struct Task {
    std::size_t index = 0;
    std::shared_ptr<DigestFile> file;
    DigestFile::Piece piece;
  };

  /// The next piece of the next file, once not too many are under way; nothing where there is none.
  std::optional<Task> take() {
    std::unique_lock lock(mutex_);
    room_came_.wait(lock, [this] { return under_way_ < limit_ || interrupt_; });
    while (!current_ && !interrupt_ && next_ < paths_.size()) {
      const std::size_t index = next_++;
      auto opened = DigestFile::of(paths_[index], method_, on_block_);
      if (opened) {
        current_ = {index, *std::move(opened), {}};
      } else {
        tell(index, fail(std::move(opened.error())));
      }
    }
    if (!current_ || interrupt_) return std::nullopt;
    Task task = *current_;
    task.piece = task.file->take();
    if (task.piece.last) current_.reset();
    ++under_way_;
    return task;
  }

  void tell(std::size_t index, Result<Descriptor> result) {
    const std::lock_guard lock(told_mutex_);
    waiting_.emplace(index, std::move(result));
    for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_told_;
         first = waiting_.erase(first), ++next_told_) {
      on_digest_(first->first, first->second);
    }
  }

  const std::vector<std::string>& paths_;
  const DigestMethod& method_;
  std::uint64_t limit_;
  const std::atomic<bool>& interrupt_;
  const OnDigest& on_digest_;
  const OnTreeBlock& on_block_;

  std::mutex mutex_;  ///< over what follows, and what is left to take of the current file
  std::condition_variable room_came_;
  std::uint64_t under_way_ = 0;
  std::size_t next_ = 0;
  std::optional<Task> current_;

  std::mutex told_mutex_;  ///< over what follows; taken last
  std::map<std::size_t, Result<Descriptor>> waiting_;
  std::size_t next_told_ = 0;
};

}  // namespace

void digest_files(const std::vector<std::string>& paths, const DigestMethod& method, unsigned jobs,
                  const std::atomic<bool>& interrupt, const OnDigest& on_digest, const OnTreeBlock& on_block) {
  Run run(paths, method, jobs, interrupt, on_digest, on_block);
  std::vector<std::thread> others;
  for (unsigned i = 1; i < jobs; ++i) others.emplace_back([&run] { run.work(); });
  run.work();
  for (std::thread& thread : others) thread.join();
}

}  // namespace coldread::verity
