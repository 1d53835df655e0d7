// The inside of Plan, Overlay and Workspace: for plan/ and the engines in campaign/ only.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "plan/memory_planner.hpp"
#include "plan/plan.hpp"

namespace tf_injector {

// Values are numbered: the model's inputs first, then every step's output in running order.
struct PlanStep {
  std::string path;
  std::string label;
  std::unique_ptr<const Kernel> kernel;
  std::vector<int> reads;  // values; the operand of a fused Add is the last
  Shape shape;             // of the output
};

struct Plan::Impl {
  std::vector<PlanInput> inputs;
  std::vector<PlanStep> steps;
  int output_value = 0;  // the scored one
  plan::MemoryPlan memory;
  KernelSet kernels = KernelSet::scalar;
  int64_t classes = 0;
};

struct Overlay::Impl {
  std::vector<std::pair<size_t, std::unique_ptr<const Kernel>>>
      kernels;  // step index, its patched copy; ascending
};

struct Workspace::Impl {
  int tile = 0;
  std::vector<AlignedBuffer> slots;
  std::vector<const float*> pointers;  // scratch: the inputs of the running step
};

}  // namespace tf_injector
