// Ending a run between two pieces of work.
#pragma once

#include <atomic>

namespace tf_injector {

// Thrown inside a run when it was asked to stop; becomes Error(interrupted) where it is known what is saved.
struct Stopped {};

// `stop` may be null: never asked.
inline void check_stop(const std::atomic<bool>* stop) {
  if (stop != nullptr && stop->load(std::memory_order_relaxed)) throw Stopped();
}

}  // namespace tf_injector
