// The end of a program that has no memory left, whoever asked for it: one line on standard error and exit
// code 8, without another allocation.
#pragma once

namespace tf_injector::detail::cli {

// While it lives, an exception for lack of memory that nobody catches, and a crash or an exit() of a C
// library behind a refused allocation, end the program so. One at a time.
class CleanEndWithoutMemory {
 public:
  CleanEndWithoutMemory() noexcept;
  ~CleanEndWithoutMemory();
  CleanEndWithoutMemory(const CleanEndWithoutMemory&) = delete;
  CleanEndWithoutMemory& operator=(const CleanEndWithoutMemory&) = delete;
};

// True if this thread's last failed call, or any C++ allocation so far, was refused memory. What has failed
// since then has probably failed for that reason.
[[nodiscard]] bool memory_was_refused() noexcept;

// Writes the line, unless it is said already, and returns the exit code.
int say_out_of_memory() noexcept;
// It is said: what fails from now on, at the very end of the program, adds no line.
void out_of_memory_is_said() noexcept;

}  // namespace tf_injector::detail::cli
