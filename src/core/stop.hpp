// How a run that is asked to stop ends between two pieces of work.
#pragma once

#include <atomic>

namespace tf_injector::detail {

// Thrown inside a run that was asked to stop. The caller that knows what has been saved turns it into
// Error(interrupted).
struct Stopped {};

// Throws Stopped if `stop` is set; `stop` may be null.
inline void check_stop(const std::atomic<bool>* stop) {
  if (stop != nullptr && stop->load(std::memory_order_relaxed)) throw Stopped();
}

}  // namespace tf_injector::detail
