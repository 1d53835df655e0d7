#include "cli/console/signals.hpp"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "core/last_file.hpp"
#include "core/temporary_names.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

constexpr int kStopSignals[] = {SIGINT, SIGTERM, SIGHUP};
constexpr suseconds_t kLongestStop = 75'000;  // microseconds; the process's own end takes its time as well

std::atomic<bool> stop_flag{false}, asks_first{false};
std::atomic<const std::string*> last_words{nullptr};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<const std::string*>::is_always_lock_free,
              "a signal handler reads them");

[[noreturn]] void end_at_once() {
  remove_temporary_files();
  write_last_file();
  if (const std::string* words = last_words) {
    // Nothing can be done about a terminal that is gone.
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, words->data(), words->size());
  }
  _exit(static_cast<int>(ErrorKind::interrupted));
}

extern "C" void handle_alarm(int) { end_at_once(); }

extern "C" void handle_stop(int) {
  const int saved_errno = errno;
  if (!asks_first || stop_flag.exchange(true)) end_at_once();
  const itimerval once{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_usec = kLongestStop}};
  setitimer(ITIMER_REAL, &once, nullptr);
  errno = saved_errno;
}

void install(int number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGALRM);
  for (const int other : kStopSignals) sigaddset(&action.sa_mask, other);
  sigaction(number, &action, nullptr);
}

bool is_ignored(int number) {
  struct sigaction action {};
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

// A handler may be reading the words of before on another thread: they are kept.
void set_last_words(const std::string& words) {
  static auto* const all = new std::vector<std::unique_ptr<const std::string>>;
  all->push_back(std::make_unique<const std::string>(words));
  last_words = all->back().get();
}

// Whether the signals come through: the caller may have blocked them.
void unblock() {
  sigset_t all;
  sigemptyset(&all);
  sigaddset(&all, SIGALRM);
  for (const int number : kStopSignals) sigaddset(&all, number);
  sigprocmask(SIG_UNBLOCK, &all, nullptr);
}

}  // namespace

void end_on_signals(const std::string& words) {
  set_last_words(words);
  asks_first = false;
  install(SIGALRM, handle_alarm);
  // Also where a shell ignores SIGINT for background jobs: `kill -INT` should stop a run gently.
  install(SIGINT, handle_stop);
  install(SIGTERM, handle_stop);
  if (!is_ignored(SIGHUP)) install(SIGHUP, handle_stop);
  unblock();
}

const std::atomic<bool>& stop_on_signals(const std::string& words) {
  end_on_signals(words);
  asks_first = true;
  return stop_flag;
}

void fail_writes_without_signal() {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
}

}  // namespace tf_injector::detail::cli
