// What the control groups (v1 and v2) of this process allow it: CPU time and memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace tf_injector {

struct CgroupLimits {
  std::optional<double> cpus;  // quota / period, the least of all levels
  std::optional<uint64_t>
      memory_left;  // bytes: limit - usage + page cache that can be dropped, the least of all levels
};

// Looks at every level from the process's own group up to the mount point. `root` is put before /proc and the
// mount points: tests give a folder that looks like a machine. Files that are missing or hold no limit are no
// limit.
[[nodiscard]] CgroupLimits read_cgroup_limits(const std::string& root = "");

// MemAvailable of <root>/proc/meminfo, bytes; nothing when it cannot be read.
[[nodiscard]] std::optional<uint64_t> read_available_memory(const std::string& root = "");

}  // namespace tf_injector
