#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/fd_stream.hpp"

namespace {

// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): a signal handler reaches nothing else
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may set it");

void interrupt(int /*signal*/) { interrupted = true; }

/// Keys come to lie in memory of libraries too, as their key schedules: no core dump, in a file or through a pipe.
void forbid_core_dumps() {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  ::prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);
}

}  // namespace

int main(int argc, char** argv) {
  forbid_core_dumps();
  struct sigaction action {};
  action.sa_handler = interrupt;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // a second signal ends the program at once
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);  // a reader that closes its pipe ends the output, not the work

  std::setvbuf(stdin, nullptr, _IONBF,
               0);  // std::cin goes through it; keys may come from there, and no buffer is wiped
  coldread::cli::FdStream out(STDOUT_FILENO);
  coldread::cli::Io io{std::cin,   out, std::cerr, ::isatty(STDOUT_FILENO) == 1, ::isatty(STDERR_FILENO) == 1,
                       interrupted};
  try {
    const int code = coldread::cli::run(std::vector<std::string>(argv + 1, argv + argc), io);
    const int error = out.finish();
    if (error == 0 || error == EPIPE) return code;
    std::cerr << "coldread: standard output cannot be written: " << std::generic_category().message(error) << '\n';
    return coldread::cli::kOutput;
  } catch (const std::exception& error) {
    // Only want of memory and defects of this program come here: what is expected to fail is returned, not thrown.
    std::cerr << "coldread: cannot go on: " << error.what() << '\n';
    return coldread::cli::kOutput;
  }
}
