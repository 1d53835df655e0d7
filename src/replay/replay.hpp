// Replays faults on one image: golden's activations once, then every fault from its own layer on, only where
// something can differ. Equal to `evaluate` with the fault's Overlay in every bit (tests/replay);
// docs/performance.md names the shortcuts.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "plan/plan.hpp"
#include "replay/fault_block.hpp"
#include "replay/replay_plan.hpp"

namespace tf_injector::replay {

// Called for every fault of the block whose scores differ from golden's in some bit; the span lives only
// during the call.
using Changed = std::function<void(size_t fault, std::span<const float> scores)>;

// One per thread.
class ReplayWorkspace {
 public:
  explicit ReplayWorkspace(const ReplayPlan& plan);

  // inputs[i]: the image's values of the model's input i, preprocessed. golden: plan.classes() scores,
  // written.
  void run(const FaultBlock& block, std::span<const std::span<const float>> inputs, BatchContext context,
           std::span<float> golden, const Changed& changed);

 private:
  void run_golden(std::span<const std::span<const float>> inputs, BatchContext context);
  void run_group(const Group& group, BatchContext context);
  void hit_convolution(const Hit& hit, const StepInfo& step);
  void replay_convolution(const StepInfo& step, uint64_t faults);
  void replay_whole(const StepInfo& step, const Hit* hit, uint64_t faults, BatchContext context);
  // All of a value as fault f has it, dense: golden's own array when the fault has not reached it.
  const float* materialize(int value, int fault, AlignedBuffer& scratch) const;
  void store_whole(int value, int fault, const float* result);
  void report(const Group& group, const Changed& changed);

  [[nodiscard]] const ValueInfo& info(int value) const { return plan_.values()[static_cast<size_t>(value)]; }
  // The pixel of a value at a position as fault f has it, whether or not it is written yet.
  [[nodiscard]] float* faulty_pixel(int value, int64_t position, int fault);
  [[nodiscard]] const float* golden_pixel(int value, int64_t position) const;
  [[nodiscard]] const float* pixel(int value, int64_t position, int fault);

  const ReplayPlan& plan_;
  std::vector<AlignedBuffer> golden_;         // per value
  std::vector<AlignedBuffer> slots_;          // faulty pixels: [position][fault][channel], valid where dirty
  std::vector<std::vector<uint64_t>> dirty_;  // per value and position: which faults differ from golden there
  std::vector<uint64_t> any_;                 // per value: union of dirty_
  AlignedBuffer zeros_, windows_, sums_, lane_golden_, lane_add_, lane_out_, whole_out_, scores_;
  std::vector<AlignedBuffer> whole_in_;
  std::vector<const float*> sources_, adds_, pointers_;
  std::vector<float*> outs_;
  std::vector<uint32_t> rows_;
};

}  // namespace tf_injector::replay
