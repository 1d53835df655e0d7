// The limits that control groups (v1 and v2) set for this process: CPU time and memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tf_injector::detail {

struct CgroupLimits {
  // Each is the least of all levels; nothing means no limit.
  std::optional<double> cpus;           // quota / period
  std::optional<uint64_t> memory_left;  // bytes: limit - usage + page cache that can be dropped
};

// Reads every level from the process's own group up to the mount point. `root` is a prefix of /proc and of
// the mount points, for tests. Files that are missing or unreadable set no limit.
[[nodiscard]] CgroupLimits read_cgroup_limits(const std::string& root = "");

// MemAvailable of <root>/proc/meminfo in bytes; nothing if it cannot be read.
[[nodiscard]] std::optional<uint64_t> read_available_memory(const std::string& root = "");

}  // namespace tf_injector::detail
