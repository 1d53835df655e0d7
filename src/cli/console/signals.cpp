#include "cli/console/signals.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace tf_injector::detail::cli {
namespace {

std::atomic<bool> stop_flag{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler sets it");
std::string notice_text;  // not changed once the handler is installed

extern "C" void handle_stop(int) {
  if (stop_flag.exchange(true)) return;
  const int saved_errno = errno;
  signal(SIGINT, SIG_DFL);
  // Nothing can be done about a terminal that is gone.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, notice_text.data(), notice_text.size());
  errno = saved_errno;
}

void install(int number) {
  struct sigaction action {};
  action.sa_handler = handle_stop;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, nullptr);
}

bool is_ignored(int number) {
  struct sigaction action {};
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

const std::atomic<bool>& stop_on_signals(const std::string& notice) {
  notice_text = notice;
  // Also where a shell ignores SIGINT for background jobs: `kill -INT` should stop a run gently.
  install(SIGINT);
  install(SIGTERM);
  if (!is_ignored(SIGHUP)) install(SIGHUP);
  return stop_flag;
}

void fail_writes_without_signal() {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}

}  // namespace tf_injector::detail::cli
