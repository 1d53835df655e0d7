#include "core/parallel.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <exception>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "core/cgroup.hpp"
#include "core/environment.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

// CPUs in the affinity mask. Its size depends on the kernel and may exceed the 1024 of cpu_set_t.
int affinity_cpus() {
  for (int size = 1024; size <= 1 << 20; size *= 2) {
    const auto free_set = [](cpu_set_t* set) { CPU_FREE(set); };
    const std::unique_ptr<cpu_set_t, decltype(free_set)> set(CPU_ALLOC(static_cast<size_t>(size)), free_set);
    if (!set) break;
    const size_t bytes = CPU_ALLOC_SIZE(static_cast<size_t>(size));
    if (sched_getaffinity(0, bytes, set.get()) == 0) return std::max(1, CPU_COUNT_S(bytes, set.get()));
    if (errno != EINVAL) break;
  }
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

int slurm_cpus(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size() && value > 0) return value;
  throw Error(ErrorKind::usage, "environment variable SLURM_CPUS_PER_TASK is '" + text +
                                    "', expected a number of CPUs from 1; unset it or set it right");
}

// The items of one parallel_for, shared by its threads.
class WorkQueue {
 public:
  WorkQueue(size_t items, const std::function<void(size_t, int)>& work) : items_(items), work_(work) {}

  void run(int thread) noexcept {
    while (!stopped_.load(std::memory_order_relaxed)) {
      const size_t item = next_.fetch_add(1, std::memory_order_relaxed);
      if (item >= items_) return;
      try {
        work_(item, thread);
      } catch (...) {
        fail(std::current_exception());
      }
    }
  }

  // Keeps the first error and makes every thread stop after its current item.
  void fail(std::exception_ptr error) noexcept {
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(error);
    stopped_.store(true, std::memory_order_relaxed);
  }

  // Only after all threads are joined.
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  const size_t items_;
  const std::function<void(size_t, int)>& work_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::exception_ptr error_;
};

}  // namespace

ThreadBudget thread_budget() {
  ThreadBudget budget{.threads = affinity_cpus(), .source = "affinity"};
  const auto lower = [&](int threads, const char* source) {
    if (threads < budget.threads) budget = {.threads = threads, .source = source};
  };
  if (const auto cpus = read_cgroup_limits().cpus) {
    lower(static_cast<int>(std::clamp(std::ceil(*cpus), 1.0, 1e6)), "cgroup");
  }
  if (const auto text = environment_variable("SLURM_CPUS_PER_TASK"))
    lower(slurm_cpus(*text), "SLURM_CPUS_PER_TASK");
  return budget;
}

MemoryBudget memory_budget() {
  auto available = read_available_memory();
  if (!available) {  // no /proc
    const long pages = sysconf(_SC_AVPHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    available = pages > 0 && page > 0 ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(page) : 0;
  }
  MemoryBudget budget{.bytes = static_cast<size_t>(*available), .source = "available memory"};
  const auto left = read_cgroup_limits().memory_left;
  if (left && *left < budget.bytes) budget = {.bytes = static_cast<size_t>(*left), .source = "cgroup"};
  return budget;
}

void parallel_for(size_t items, int threads, const std::function<void(size_t item, int thread)>& work) {
  const size_t wanted = std::min(items, static_cast<size_t>(std::max(1, threads)));
  if (wanted <= 1) {
    for (size_t item = 0; item < items; ++item) work(item, 0);
    return;
  }
  WorkQueue queue(items, work);
  {
    std::vector<std::jthread> others;  // the caller is thread 0
    others.reserve(wanted - 1);
    try {
      for (int thread = 1; thread < static_cast<int>(wanted); ++thread) {
        others.emplace_back([&queue, thread] { queue.run(thread); });
      }
    } catch (const std::system_error& error) {
      queue.fail(std::make_exception_ptr(
          Error(ErrorKind::out_of_memory, "cannot start thread " + std::to_string(others.size() + 2) +
                                              " of " + std::to_string(wanted) + ": " +
                                              error.code().message() + "; use fewer threads")));
    }
    queue.run(0);
  }
  queue.rethrow();
}

}  // namespace tf_injector::detail
