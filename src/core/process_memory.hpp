// The resident memory of this process, and returning freed memory to the system.
#pragma once

#include <cstdint>
#include <string>

namespace tf_injector::detail {

struct ProcessMemory {
  uint64_t now = 0, peak = 0;  // resident bytes; 0 if unknown
};

// VmRSS and VmHWM of <root>/proc/self/status; `root` is for tests.
[[nodiscard]] ProcessMemory process_memory(const std::string& root = "");

// From now on freed large blocks (core/block_bytes.hpp) return to the system at once. To be called once,
// before threads start.
void give_back_large_blocks() noexcept;
// Returns to the system what has been freed, as far as the allocator can.
void give_back_freed_memory() noexcept;

}  // namespace tf_injector::detail
