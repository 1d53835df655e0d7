// Limits of control groups, read from folders that look like a machine.
#include "core/cgroup.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace tf_injector::detail {
namespace {

namespace fs = std::filesystem;

class Cgroup : public testing::Test {
 protected:
  void SetUp() override {
    root_ =
        testing::TempDir() + "tfi_cgroup_" + testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    const fs::path file = root_ + path;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
  }
  // The lines as a Debian 12 machine writes them.
  void machine_v2(const std::string& group, const std::string& mounted = "/") const {
    write("/proc/self/cgroup", "0::" + group + "\n");
    write("/proc/self/mountinfo", "24 30 0:22 / /proc rw,nosuid shared:13 - proc proc rw\n35 24 0:30 " +
                                      mounted +
                                      " /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n");
  }
  void machine_v1(const std::string& group, const std::string& mounted) const {
    write("/proc/self/cgroup", "12:memory:" + group + "\n4:cpu,cpuacct:" + group + "\n0::/init.scope\n");
    write("/proc/self/mountinfo",
          "40 32 0:35 " + mounted +
              " /sys/fs/cgroup/cpu,cpuacct ro shared:15 - cgroup cgroup rw,cpu,cpuacct\n" + "41 32 0:36 " +
              mounted + " /sys/fs/cgroup/memory ro shared:16 - cgroup cgroup rw,memory\n");
  }

  std::string root_;
};

TEST_F(Cgroup, NothingToReadIsNoLimit) {
  const CgroupLimits limits = read_cgroup_limits(root_);
  EXPECT_FALSE(limits.cpus);
  EXPECT_FALSE(limits.memory_left);
  EXPECT_FALSE(read_available_memory(root_));
}

TEST_F(Cgroup, Version2TakesTheLeastOfAllLevels) {
  machine_v2("/user.slice/job");
  write("/sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n");
  write("/sys/fs/cgroup/user.slice/job/cpu.max", "max 100000\n");
  write("/sys/fs/cgroup/user.slice/memory.max", "9000\n");
  write("/sys/fs/cgroup/user.slice/memory.current", "1000\n");
  write("/sys/fs/cgroup/user.slice/job/memory.max", "5000\n");
  write("/sys/fs/cgroup/user.slice/job/memory.current", "3000\n");
  write("/sys/fs/cgroup/user.slice/job/memory.stat", "anon 1500\nfile 1500\ninactive_file 1200\nslab 7\n");
  const CgroupLimits limits = read_cgroup_limits(root_);
  EXPECT_EQ(limits.cpus, 1.5);
  EXPECT_EQ(limits.memory_left, 5000u - (3000 - 1200));  // file pages that nobody used lately can be dropped
}

TEST_F(Cgroup, MaxIsNoLimit) {
  machine_v2("/");
  write("/sys/fs/cgroup/cpu.max", "max 100000\n");
  write("/sys/fs/cgroup/memory.max", "max\n");
  write("/sys/fs/cgroup/memory.current", "1000\n");
  EXPECT_FALSE(read_cgroup_limits(root_).cpus);
  EXPECT_FALSE(read_cgroup_limits(root_).memory_left);
}

TEST_F(Cgroup, AGroupOverItsLimitHasNothingLeft) {
  machine_v2("/");
  write("/sys/fs/cgroup/memory.max", "1000\n");
  write("/sys/fs/cgroup/memory.current", "1500\n");
  EXPECT_EQ(read_cgroup_limits(root_).memory_left, 0u);
}

TEST_F(Cgroup, ContainerSeesItsOwnGroupMounted) {
  machine_v2("/docker/abc/inner", "/docker/abc");
  write("/sys/fs/cgroup/cpu.max", "200000 100000\n");
  write("/sys/fs/cgroup/inner/cpu.max", "50000 100000\n");
  EXPECT_EQ(read_cgroup_limits(root_).cpus, 0.5);
}

TEST_F(Cgroup, GroupOutsideOfTheMountIsLookedForAtTheMountPoint) {
  for (const std::string group : {"/../../elsewhere", "/docker/abcdef", "/other"}) {
    machine_v2(group, "/docker/abc");
    write("/sys/fs/cgroup/cpu.max", "300000 100000\n");
    EXPECT_EQ(read_cgroup_limits(root_).cpus, 3.0) << group;
  }
}

TEST_F(Cgroup, Version1) {
  machine_v1("/slurm/job", "/");
  write("/sys/fs/cgroup/cpu,cpuacct/slurm/job/cpu.cfs_quota_us", "250000\n");
  write("/sys/fs/cgroup/cpu,cpuacct/slurm/job/cpu.cfs_period_us", "100000\n");
  write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
  write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  write("/sys/fs/cgroup/memory/slurm/job/memory.limit_in_bytes", "9223372036854771712\n");  // none
  write("/sys/fs/cgroup/memory/slurm/job/memory.usage_in_bytes", "100\n");
  write("/sys/fs/cgroup/memory/slurm/memory.limit_in_bytes", "8000\n");
  write("/sys/fs/cgroup/memory/slurm/memory.usage_in_bytes", "6000\n");
  write("/sys/fs/cgroup/memory/slurm/memory.stat", "cache 5000\ntotal_inactive_file 1000\n");
  const CgroupLimits limits = read_cgroup_limits(root_);
  EXPECT_EQ(limits.cpus, 2.5);
  EXPECT_EQ(limits.memory_left, 3000u);
}

TEST_F(Cgroup, BlanksInMountPointsAreEscaped) {
  write("/proc/self/cgroup", "0::/\n");
  write("/proc/self/mountinfo", "35 24 0:30 / /my\\040groups rw - cgroup2 cgroup2 rw\n");
  write("/my groups/cpu.max", "100000 100000\n");
  EXPECT_EQ(read_cgroup_limits(root_).cpus, 1.0);
}

TEST_F(Cgroup, NonsenseIsNoLimit) {
  for (const std::string text : {"", "\n", "x", "0 100000", "-5 100000", "100000 0", "100000", "1e5 100000",
                                 "99999999999999999999 100000", "max"}) {
    machine_v2("/");
    write("/sys/fs/cgroup/cpu.max", text);
    write("/sys/fs/cgroup/memory.max", text);
    write("/sys/fs/cgroup/memory.current", text);
    EXPECT_FALSE(read_cgroup_limits(root_).cpus) << text;
  }
  write("/proc/self/cgroup", "nonsense\n::\n0:\n");
  write("/proc/self/mountinfo", "nonsense\n - \n1 2 3 - cgroup2\n\\0 \\04 \\9 a b - cgroup2 x y\n");
  EXPECT_FALSE(read_cgroup_limits(root_).cpus);
}

TEST_F(Cgroup, AvailableMemory) {
  write("/proc/meminfo", "MemTotal:       24567 kB\nMemFree:         100 kB\nMemAvailable:    2000 kB\n");
  EXPECT_EQ(read_available_memory(root_), 2000u * 1024);
  write("/proc/meminfo", "MemTotal:       24567 kB\nMemAvailable: none\n");
  EXPECT_FALSE(read_available_memory(root_));
}

TEST(CgroupOfThisMachine, CanBeRead) {
  const CgroupLimits limits = read_cgroup_limits();
  EXPECT_GT(limits.cpus.value_or(1), 0.0);
  EXPECT_GT(read_available_memory().value_or(1), 0u);
}

}  // namespace
}  // namespace tf_injector::detail
