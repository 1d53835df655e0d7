// Wall time, for progress and speed; see processor_clock.hpp for processor time.
#pragma once

#include <chrono>

namespace tf_injector::detail {

using Clock = std::chrono::steady_clock;

[[nodiscard]] inline double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace tf_injector::detail
