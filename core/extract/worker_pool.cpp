#include "core/extract/worker_pool.hpp"

#include <utility>

#include "core/read/page_reader.hpp"

namespace coldread::extract {

WorkerPool::WorkerPool(TaskContext& context, unsigned jobs) : context_(context) {
  threads_.reserve(jobs);
  for (unsigned i = 0; i < jobs; ++i) threads_.emplace_back([this] { work(); });
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  work_came_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

std::shared_ptr<WorkerPool::Ticket> WorkerPool::submit(std::unique_ptr<FileTask> task) {
  auto ticket = std::make_shared<Ticket>(std::move(task));
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(ticket);
  }
  work_came_.notify_one();
  return ticket;
}

bool WorkerPool::is_done(const Ticket& ticket) {
  const std::lock_guard lock(mutex_);
  return ticket.done;
}

bool WorkerPool::wait_until_done(const Ticket& ticket, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return task_ended_.wait_for(lock, timeout, [&] { return ticket.done; });
}

void WorkerPool::work() {
  Bytes buffer(read::kMinWindowSize);
  read::Window window;
  std::unique_lock lock(mutex_);
  for (;;) {
    work_came_.wait(lock, [this] { return closing_ || !begun_.empty() || !waiting_.empty(); });
    if (!begun_.empty()) {
      const std::shared_ptr<Ticket> ticket = begun_.front();
      const std::uint64_t index = ticket->claimed;
      if (context_.stop) {
        begun_.pop_front();
        ticket->windows = index;  // the windows that run now are the last ones, and end the task when they end
        if (ticket->ended == index) {
          lock.unlock();
          end(ticket, false);
          lock.lock();
        }
        continue;
      }
      if (++ticket->claimed == ticket->windows) begun_.pop_front();
      lock.unlock();
      run(ticket, index, buffer, window);
      lock.lock();
    } else if (!waiting_.empty()) {
      const std::shared_ptr<Ticket> ticket = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      begin(ticket, buffer, window);
      lock.lock();
    } else {
      return;
    }
  }
}

void WorkerPool::begin(const std::shared_ptr<Ticket>& ticket, Bytes& buffer, read::Window& window) {
  if (!context_.stop) ticket->task->set_up();
  if (context_.stop) {
    end(ticket, false);
    return;
  }
  const std::uint64_t windows = ticket->task->windows();
  if (windows == 0) {
    end(ticket, true);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    ticket->windows = windows;
    ticket->claimed = 1;
    if (windows > 1) begun_.push_back(ticket);
  }
  if (windows > 1) work_came_.notify_all();
  run(ticket, 0, buffer, window);
}

void WorkerPool::run(const std::shared_ptr<Ticket>& ticket, std::uint64_t index, Bytes& buffer, read::Window& window) {
  // Only clusters of compressed files are larger than a window; the buffer then stays, for there are more of them.
  if (buffer.size() < ticket->task->window_size()) buffer.resize(ticket->task->window_size());
  ticket->task->run_window(index, buffer, window);
  std::unique_lock lock(mutex_);
  const bool over = ++ticket->ended == ticket->windows;
  lock.unlock();
  if (over) end(ticket, ticket->windows == ticket->task->windows());
}

void WorkerPool::end(const std::shared_ptr<Ticket>& ticket, bool complete) {
  ticket->task->finish(complete);
  {
    const std::lock_guard lock(mutex_);
    ticket->done = true;
  }
  task_ended_.notify_all();
}

}  // namespace coldread::extract
