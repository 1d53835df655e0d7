// What the process holds, as Linux says it.
#include "core/process_memory.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

namespace tf_injector::detail {
namespace {

TEST(ProcessMemory, ReadsWhatLinuxSays) {
  const std::string root = testing::TempDir() + "tfi_process_memory";
  std::filesystem::create_directories(root + "/proc/self");
  std::ofstream(root + "/proc/self/status")
      << "Name:\tx\nVmPeak:\t   90000 kB\nVmHWM:\t   20000 kB\nVmRSS:\t   12345 kB\nRssAnon:\t 1 kB\n";
  const ProcessMemory memory = process_memory(root);
  EXPECT_EQ(memory.now, 12345U * 1024);
  EXPECT_EQ(memory.peak, 20000U * 1024);
  EXPECT_EQ(process_memory(root + "/nowhere").now, 0U);
}

TEST(ProcessMemory, GrowsWithWhatIsUsed) {
  const ProcessMemory before = process_memory();
  if (before.now == 0) GTEST_SKIP() << "no /proc";
  const std::vector<char> used(64 << 20, 1);
  const ProcessMemory after = process_memory();
  EXPECT_GE(after.now, before.now + (60U << 20));
  EXPECT_GE(after.peak, after.now);
  EXPECT_EQ(used.back(), 1);
}

}  // namespace
}  // namespace tf_injector::detail
