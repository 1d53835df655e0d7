// The steps of a plan for one pack of faults: what a step gives for all its lanes at once (replay/forms).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plan/plan.hpp"
#include "replay/arrays.hpp"
#include "replay/counters.hpp"
#include "replay/fault_block.hpp"
#include "replay/faulted_channel_outputs.hpp"
#include "replay/forms/forms.hpp"
#include "replay/forms/pack_pixels.hpp"
#include "replay/forms/packed_linear.hpp"
#include "replay/golden_activations.hpp"
#include "replay/packed_activations.hpp"
#include "replay/plan/replay_plan.hpp"

namespace tf_injector::detail::replay {

struct PackExecutorArrays {
  std::vector<LaneChange> changes_;  // of a pixel of the layer that is hit

  template <class To>
  void list_arrays(const ReplaySizes& sizes, To& to) {
    to.reserve(changes_, sizes.width);
  }
};

class PackExecutor : PackExecutorArrays {
 public:
  // All outlive it. `values`: of the pack that is being worked on.
  PackExecutor(const ReplayPlan& plan, const GoldenActivations& golden, PackedActivations& values,
               FaultedChannelOutputs& faulted_outputs);

  // Steps first..end-1 of the pack whose changed values are in `values`; `hits` ascending by step.
  void run(size_t first, size_t end, std::span<const LayerFaults> hits, BatchContext context);
  // All of a value as one lane has it, dense: the golden array if the lane does not differ. Valid until the
  // next call.
  [[nodiscard]] const float* read_value(int value, int lane) {
    return whole_.read_value(value, lane, pixels_);
  }
  // Since this object was made.
  [[nodiscard]] Counters counters() const noexcept {
    return Counters(pixels_.counters()) += linear_.counters();
  }

 private:
  void compute(const ReplayStep& step, size_t index, LaneMask reached, BatchContext context);
  void compute_hit(const ReplayStep& step, size_t index, LaneMask reached, const LayerFaults& hit,
                   BatchContext context);
  void mask(const ReplayStep& step, std::span<const LayerFaults::Masked> masked);

  const ReplayPlan& plan_;
  PackedActivations& values_;
  FaultedChannelOutputs& faulted_outputs_;
  PackPixels pixels_;
  PackedLinear linear_;
  AverageForm average_;
  WindowForm window_;
  WholeForm whole_;
};

}  // namespace tf_injector::detail::replay
