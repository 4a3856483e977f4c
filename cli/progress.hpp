#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "cli/arguments.hpp"
#include "cli/io.hpp"
#include "core/extract/options.hpp"

namespace coldread::cli {

/// A line on standard error that tells, while it lives, how far the work is: files, bytes, rate, time left. Shown on a
/// terminal, or as --progress says.
class ProgressLine {
 public:
  ProgressLine(const Arguments& arguments, Io& io, const extract::Progress& progress);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine();

 private:
  void show(bool last);
  void loop();

  Io& io_;
  const extract::Progress& progress_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable ended_;
  bool end_ = false;
  std::thread thread_;
};

/// 1536 as "1.5 KiB".
[[nodiscard]] std::string human_size(std::uint64_t bytes);

}  // namespace coldread::cli
