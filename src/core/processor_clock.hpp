// Processor time, of the calling thread or of all: on a machine that is shared, what a computation costs.
#pragma once

#include <ctime>

namespace tf_injector {

inline double processor_seconds_of(clockid_t clock) noexcept {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Seconds since some moment; only differences mean something.
inline double thread_seconds() noexcept { return processor_seconds_of(CLOCK_THREAD_CPUTIME_ID); }
inline double process_seconds() noexcept { return processor_seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace tf_injector
