// How many threads and how much memory this process may use, and a parallel loop.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace tf_injector::detail {

struct ThreadBudget {
  int threads = 1;
  std::string source;  // the limit that applies: "affinity", "cgroup", "SLURM_CPUS_PER_TASK"
};
// The least of the affinity mask, the cgroup CPU quota (v1 and v2, rounded up) and SLURM_CPUS_PER_TASK.
// Throws Error(usage) if that variable is no number from 1.
[[nodiscard]] ThreadBudget thread_budget();

struct MemoryBudget {
  size_t bytes = 0;
  std::string source;  // "cgroup" or "available memory"
};
// The least of MemAvailable and what the cgroup has left.
[[nodiscard]] MemoryBudget memory_budget();

// Calls work(item, thread) for every item in 0..items-1. `threads` threads, the caller's among them, each
// take the next free item; `thread` is in 0..threads-1. Returns when all items are done. After an exception
// no further items begin, and the first one is rethrown here. Throws Error(out_of_memory) if a thread cannot
// be started.
void parallel_for(size_t items, int threads, const std::function<void(size_t item, int thread)>& work);

}  // namespace tf_injector::detail
