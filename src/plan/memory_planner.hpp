// Assigns values to activation buffers. Two values share a buffer if no step needs both.
#pragma once

#include <cstdint>
#include <vector>

namespace tf_injector::detail::plan {

struct Draft;

struct MemoryPlan {
  std::vector<int64_t> slot_elements;   // size of each buffer in elements per image
  std::vector<int> slot_of_input;       // per model input
  std::vector<int> slot_of_step;        // per step: the buffer of its output
  std::vector<std::vector<int>> reads;  // per step: the buffers of its inputs
  int output_slot = -1;
};

[[nodiscard]] MemoryPlan plan_memory(const Draft& draft);

}  // namespace tf_injector::detail::plan
