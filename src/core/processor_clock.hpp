// Processor time of the calling thread or of the whole process: the cost of a computation also on a shared
// machine, where wall time depends on the load.
#pragma once

#include <ctime>

namespace tf_injector::detail {

inline double processor_seconds_of(clockid_t clock) noexcept {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Seconds since an unspecified moment; only differences are meaningful.
inline double thread_seconds() noexcept { return processor_seconds_of(CLOCK_THREAD_CPUTIME_ID); }
inline double process_seconds() noexcept { return processor_seconds_of(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace tf_injector::detail
