#include "cli/signals.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace tf_injector::cli {
namespace {

std::atomic<bool> stop_flag{false};
std::atomic<bool> announce_stop{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");

constexpr std::string_view kStopping = "\nstopping; Ctrl-C once more ends at once\n";

extern "C" void handle_stop(int) {
  if (stop_flag.exchange(true) || !announce_stop.load()) return;
  const int saved_errno = errno;
  // Nothing can be done about a terminal that is gone.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kStopping.data(), kStopping.size());
  errno = saved_errno;
}

void install(int signal, int flags) {
  struct sigaction action {};
  action.sa_handler = handle_stop;
  action.sa_flags = flags | SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

bool is_ignored(int signal) {
  struct sigaction action {};
  return sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

const std::atomic<bool>& stop_on_signals(bool announce) {
  announce_stop = announce;
  // Also where a shell ignores SIGINT for background jobs: `kill -INT` should stop a run gently.
  install(SIGINT, SA_RESETHAND);
  install(SIGTERM, 0);
  if (!is_ignored(SIGHUP)) install(SIGHUP, 0);
  return stop_flag;
}

void ignore_broken_pipes() { signal(SIGPIPE, SIG_IGN); }

}  // namespace tf_injector::cli
