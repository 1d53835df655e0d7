// The processor time of the calling thread: on a machine that is shared, what a computation costs.
#pragma once

#include <ctime>

namespace tf_injector {

// Seconds since some moment; only differences mean something.
inline double thread_seconds() noexcept {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace tf_injector
