#include "cli/out_of_memory.hpp"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <new>
#include <string_view>

#include "core/retry_interrupted.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

constexpr std::string_view kLine =
    "error: out of memory; a smaller --memory, --tile or --threads needs less\n";

std::atomic<bool> was_refused{false}, is_said{false}, is_guarded{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler reads it");
std::terminate_handler usual_terminate = nullptr;

[[noreturn]] void end_program() noexcept { ::_exit(say_out_of_memory()); }

// Of `operator new`, which throws what it throws.
[[noreturn]] void refuse() {
  was_refused = true;
  throw std::bad_alloc();
}

bool ends_for_memory() noexcept {
  if (memory_was_refused()) return true;
  if (!std::current_exception()) return false;
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return true;
  } catch (...) {
    return false;
  }
}

[[noreturn]] void terminate() noexcept {
  if (ends_for_memory()) end_program();
  usual_terminate();
  ::_exit(static_cast<int>(ErrorKind::internal));
}

// A crash right behind a refused allocation is a library that did not look; any other one takes its course.
extern "C" void handle_crash(int number) {
  if (memory_was_refused()) end_program();
  signal(number, SIG_DFL);
  raise(number);
}

// libhdf5 ends the process where it cannot register what it has opened.
extern "C" void handle_exit() {
  if (is_guarded && memory_was_refused()) end_program();
}

}  // namespace

bool memory_was_refused() noexcept { return errno == ENOMEM || was_refused; }

int say_out_of_memory() noexcept {
  if (is_said.exchange(true)) return static_cast<int>(ErrorKind::out_of_memory);
  // Nothing can be done about a standard error that is gone.
  [[maybe_unused]] const ssize_t written =
      retry_interrupted([] { return ::write(STDERR_FILENO, kLine.data(), kLine.size()); });
  return static_cast<int>(ErrorKind::out_of_memory);
}

void out_of_memory_is_said() noexcept { is_said = true; }

CleanEndWithoutMemory::~CleanEndWithoutMemory() { is_guarded = false; }

CleanEndWithoutMemory::CleanEndWithoutMemory() noexcept {
  errno = 0;
  static const int is_registered = std::atexit(handle_exit);
  static_cast<void>(is_registered);
  is_guarded = true;
  // Libraries that fall into a recursion when they cannot describe an error run out of stack.
  alignas(16) static char stack[size_t{64} << 10];
  const stack_t other{.ss_sp = stack, .ss_flags = 0, .ss_size = sizeof stack};
  sigaltstack(&other, nullptr);
  std::set_new_handler(refuse);
  if (std::get_terminate() != terminate) usual_terminate = std::set_terminate(terminate);
  struct sigaction action {};
  action.sa_handler = handle_crash;
  action.sa_flags = SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGSEGV, SIGBUS, SIGABRT}) {
    struct sigaction before {};  // a sanitizer's, a Python process's
    if (sigaction(number, nullptr, &before) == 0 && before.sa_handler == SIG_DFL)
      sigaction(number, &action, nullptr);
  }
}

}  // namespace tf_injector::detail::cli
