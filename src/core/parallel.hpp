// How many threads a process may use, and a loop over work items on a fixed number of threads.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace tf_injector {

struct ThreadBudget {
  int threads = 1;
  std::string source;  // which limit won: "affinity", "cgroup", "SLURM_CPUS_PER_TASK"
};
// The least of the affinity mask, the cgroup CPU quota (v1 and v2, rounded up) and SLURM_CPUS_PER_TASK.
[[nodiscard]] ThreadBudget thread_budget();

struct MemoryBudget {
  size_t bytes = 0;
  std::string source;  // "cgroup" or "available memory"
};
// What this process may use: the least of MemAvailable and what the cgroup has left.
[[nodiscard]] MemoryBudget memory_budget();

// Calls work(item, thread) for every item in 0..items-1, on `threads` threads that take the next free item.
// Returns when all are done. The first exception stops further items and is thrown again here. With threads
// == 1 everything runs on the caller's thread.
void parallel_for(size_t items, int threads, const std::function<void(size_t item, int thread)>& work);

}  // namespace tf_injector
