// The loop over work items, the number of threads, environment variables.
#include "core/parallel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <latch>
#include <mutex>
#include <set>
#include <thread>

#include "core/environment.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

// Sets a variable for the length of a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name), before_(environment_variable(name)) {
    value ? ::setenv(name, value, 1) : ::unsetenv(name);
  }
  ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

TEST(ParallelFor, EveryItemOnceOnThreadsInRange) {
  for (const int threads : {-1, 0, 1, 2, 7, 100}) {
    for (const size_t items : {0, 1, 2, 50}) {
      std::vector<std::atomic<int>> done(items);
      std::atomic<bool> in_range = true;
      parallel_for(items, threads, [&](size_t item, int thread) {
        ++done[item];
        if (thread < 0 || thread >= std::max(1, threads)) in_range = false;
      });
      for (const auto& count : done) EXPECT_EQ(count, 1);
      EXPECT_TRUE(in_range);
    }
  }
}

TEST(ParallelFor, UsesAllThreadsAndTheCaller) {
  std::latch all(3);  // every item waits for the others: needs three threads at once
  std::mutex mutex;
  std::set<std::thread::id> ids;
  std::set<int> numbers;
  parallel_for(3, 3, [&](size_t, int thread) {
    all.arrive_and_wait();
    const std::lock_guard lock(mutex);
    ids.insert(std::this_thread::get_id());
    numbers.insert(thread);
  });
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_TRUE(ids.contains(std::this_thread::get_id()));
  EXPECT_EQ(numbers, (std::set{0, 1, 2}));
}

TEST(ParallelFor, OneThreadRunsInOrderOnTheCaller) {
  std::vector<size_t> order;
  parallel_for(5, 1, [&](size_t item, int) { order.push_back(item); });
  EXPECT_EQ(order, (std::vector<size_t>{0, 1, 2, 3, 4}));
}

TEST(ParallelFor, TheFirstErrorStopsTheRestAndIsThrownAgain) {
  for (const int threads : {1, 2, 4}) {
    constexpr size_t kItems = 30'000;  // all of them would take many seconds
    std::atomic<size_t> done = 0;
    try {
      parallel_for(kItems, threads, [&](size_t item, int) {
        if (item == 10) throw Error(ErrorKind::bad_input, "item 10");
        if (item > 10) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ++done;
      });
      FAIL() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), "item 10");
      EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    }
    EXPECT_GE(done, 10u * (threads == 1));
    EXPECT_LT(done, kItems - 1);
  }
}

TEST(ParallelFor, ErrorsOfAllThreadsAtOnceAreOneError) {
  std::latch all(4);
  EXPECT_THROW(parallel_for(4, 4,
                            [&](size_t, int) {
                              all.arrive_and_wait();
                              throw std::runtime_error("each");
                            }),
               std::runtime_error);
}

TEST(ThreadBudget, IsWithinTheAffinityMask) {
  const Variable slurm("SLURM_CPUS_PER_TASK", nullptr);
  const ThreadBudget budget = thread_budget();
  cpu_set_t set;
  ASSERT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  EXPECT_GE(budget.threads, 1);
  EXPECT_LE(budget.threads, CPU_COUNT(&set));
  EXPECT_THAT(budget.source, testing::AnyOf("affinity", "cgroup"));
}

TEST(ThreadBudget, AffinityOfOneCpu) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  int cpu = 0;
  while (!CPU_ISSET(cpu, &before)) ++cpu;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  const int threads = thread_budget().threads;
  ASSERT_EQ(sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(threads, 1);
}

TEST(ThreadBudget, SlurmLowersButNeverRaises) {
  {
    const Variable slurm("SLURM_CPUS_PER_TASK", "1");
    EXPECT_EQ(thread_budget().threads, 1);
  }
  const Variable slurm("SLURM_CPUS_PER_TASK", "1000000");
  EXPECT_LT(thread_budget().threads, 1000000);
  EXPECT_NE(thread_budget().source, "SLURM_CPUS_PER_TASK");
}

TEST(ThreadBudget, NonsenseInSlurmsVariableIsSaid) {
  for (const char* text : {"0", "-1", "two", "2x", "99999999999"}) {
    const Variable slurm("SLURM_CPUS_PER_TASK", text);
    try {
      (void)thread_budget();
      FAIL() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage);
      EXPECT_THAT(error.what(), testing::HasSubstr("SLURM_CPUS_PER_TASK is '" + std::string(text) + "'"));
    }
  }
}

TEST(MemoryBudget, IsMoreThanNothing) {
  const MemoryBudget budget = memory_budget();
  EXPECT_GT(budget.bytes, size_t{1} << 20);
  EXPECT_THAT(budget.source, testing::AnyOf("cgroup", "available memory"));
}

TEST(Environment, UnsetAndEmptyAreNothing) {
  {
    const Variable variable("TFI_TEST_VARIABLE", nullptr);
    EXPECT_EQ(environment_variable("TFI_TEST_VARIABLE"), std::nullopt);
  }
  {
    const Variable variable("TFI_TEST_VARIABLE", "");
    EXPECT_EQ(environment_variable("TFI_TEST_VARIABLE"), std::nullopt);
  }
  const Variable variable("TFI_TEST_VARIABLE", "a b");
  EXPECT_EQ(environment_variable("TFI_TEST_VARIABLE"), "a b");
}

TEST(Environment, HomeFolder) {
  {
    const Variable home("HOME", "/somewhere");
    EXPECT_EQ(home_folder(), "/somewhere");
  }
  const Variable home("HOME", nullptr);
  const auto folder = home_folder();  // of the user data base
  EXPECT_TRUE(folder.value_or("/").starts_with("/")) << folder.value_or("");
}

}  // namespace
}  // namespace tf_injector::detail
