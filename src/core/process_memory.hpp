// What this process holds of the machine's memory, and giving back what it no longer needs.
#pragma once

#include <cstdint>
#include <string>

namespace tf_injector {

struct ProcessMemory {
  uint64_t now = 0, peak = 0;  // resident bytes; 0: not known
};

// VmRSS and VmHWM of <root>/proc/self/status. `root`: tests give a folder that looks like a machine.
[[nodiscard]] ProcessMemory process_memory(const std::string& root = "");

// From now on large blocks that are freed go back to the machine at once. Once, before threads begin.
void give_back_large_blocks() noexcept;
// Gives back what was freed until now, as far as it can be.
void give_back_freed_memory() noexcept;

}  // namespace tf_injector
