#include "cli/progress.hpp"

#include <array>
#include <cstdio>

namespace coldread::cli {
namespace {

constexpr std::chrono::milliseconds kInterval{250};

std::string format(const char* form, double value, const char* unit) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), form, value, unit);
  return text.data();
}

}  // namespace

std::string human_size(std::uint64_t bytes) {
  static constexpr std::array<const char*, 7> kUnits{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return format("%.1f %s", value, kUnits.at(unit));
}

ProgressLine::ProgressLine(const Arguments& arguments, Io& io, const extract::Progress& progress)
    : io_(io), progress_(progress) {
  const bool wanted =
      arguments.progress == "always" || (arguments.progress == "auto" && io.err_is_terminal && !arguments.quiet);
  if (wanted) thread_ = std::thread([this] { loop(); });
}

ProgressLine::~ProgressLine() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    end_ = true;
  }
  ended_.notify_all();
  thread_.join();
  show(true);
}

void ProgressLine::loop() {
  std::unique_lock lock(mutex_);
  while (!ended_.wait_for(lock, kInterval, [this] { return end_; })) show(false);
}

void ProgressLine::show(bool last) {
  const std::uint64_t entries = progress_.entries;
  const std::uint64_t bytes = progress_.bytes;
  const std::uint64_t planned = progress_.bytes_planned;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const double rate = seconds > 0 ? static_cast<double>(bytes) / seconds : 0;
  std::string line = std::to_string(entries) + " entries, " + human_size(bytes) + ", " +
                     human_size(static_cast<std::uint64_t>(rate)) + "/s";
  // What is planned is what the walk came to so far, so the time left is a lower bound until the walk ends.
  if (!last && rate > 0 && planned > bytes)
    line += format(", %.0f %s", static_cast<double>(planned - bytes) / rate, "s left");
  io_.err << (io_.err_is_terminal ? "\r\x1b[K" : "") << line << (last || !io_.err_is_terminal ? "\n" : "")
          << std::flush;
}

}  // namespace coldread::cli
