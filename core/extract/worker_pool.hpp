#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "core/extract/file_task.hpp"

namespace coldread::extract {

/// Workers that run file tasks: windows of different files and of one large file alike. A file that was begun is ended
/// before another is begun, so that the buffers (one window a worker) are all that the memory grows by.
class WorkerPool {
 public:
  /// Starts `jobs` threads. `context` outlives the pool.
  WorkerPool(TaskContext& context, unsigned jobs);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  /// Waits for all that was submitted.
  ~WorkerPool();

  /// A task that waits, runs or is done; shared by the pool and whoever submitted it.
  struct Ticket {
    explicit Ticket(std::unique_ptr<FileTask> file_task) : task(std::move(file_task)) {}
    std::unique_ptr<FileTask> task;
    bool done = false;  ///< guarded by the pool; read it with is_done()
    std::uint64_t windows = 0;
    std::uint64_t claimed = 0;
    std::uint64_t ended = 0;
  };

  [[nodiscard]] std::shared_ptr<Ticket> submit(std::unique_ptr<FileTask> task);
  [[nodiscard]] bool is_done(const Ticket& ticket);
  /// Waits for the task to end, at most `timeout`; true where it is done.
  [[nodiscard]] bool wait_until_done(const Ticket& ticket, std::chrono::milliseconds timeout);

 private:
  void work();
  void begin(const std::shared_ptr<Ticket>& ticket, Bytes& buffer, read::Window& window);
  void run(const std::shared_ptr<Ticket>& ticket, std::uint64_t index, Bytes& buffer, read::Window& window);
  void end(const std::shared_ptr<Ticket>& ticket, bool complete);

  TaskContext& context_;
  std::mutex mutex_;
  std::condition_variable work_came_;
  std::condition_variable task_ended_;
  std::deque<std::shared_ptr<Ticket>> waiting_;
  std::deque<std::shared_ptr<Ticket>> begun_;  ///< those with windows that nobody has claimed
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace coldread::extract
