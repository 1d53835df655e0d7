#include "core/process_memory.hpp"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>

#include "core/block_bytes.hpp"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace tf_injector::detail {
namespace {

// "VmRSS:     1234 kB": bytes, where the line has that name.
void read_line(std::string_view line, std::string_view name, uint64_t& bytes) {
  if (!line.starts_with(name)) return;
  line.remove_prefix(name.size());
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  uint64_t value = 0;
  if (std::from_chars(line.data(), line.data() + line.size(), value).ec == std::errc{}) bytes = value * 1024;
}

}  // namespace

ProcessMemory process_memory(const std::string& root) {
  ProcessMemory memory;
  std::ifstream file(root + "/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    read_line(line, "VmRSS:", memory.now);
    read_line(line, "VmHWM:", memory.peak);
  }
  return memory;
}

void give_back_large_blocks() noexcept {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, static_cast<int>(kLargeBlock));  // setting it keeps glibc from raising it
#endif
}

void give_back_freed_memory() noexcept {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace tf_injector::detail
