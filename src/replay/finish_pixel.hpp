// From sums to an output pixel of a pack.
#pragma once

#include "replay/golden_activations.hpp"
#include "replay/packed_activations.hpp"
#include "replay/plan/replay_plan.hpp"
#include "replay/simd/pack_table.hpp"

namespace tf_injector::detail::replay {

struct PixelSums {
  LaneMask lanes = 0;                 // that have sums; the others are golden
  const float* sums = nullptr;        // [count][width]: of those lanes, one behind the other
  const int32_t* channels = nullptr;  // [count], ascending; the others are +0, in golden too
  int32_t count = 0;
  const int32_t* nonzero_in = nullptr;  // see LaneFinishCall
};

// The pixel that they make, and the value whose pixel is added to it (-1: none).
struct PixelTarget {
  int value = -1;
  int64_t position = 0;
  int add = -1;
};

[[nodiscard]] inline PixelTarget target_of(const ReplayStep& step, int64_t position) {
  return {step.output, position, step.has_add ? step.reads.back() : -1};
}

// Applies the epilogue, compares with golden and stores the lanes that differ. Returns how many do not.
int finish_pixel(const ReplayPlan& plan, const GoldenActivations& golden, PackedActivations& values,
                 const PixelTarget& target, const simd::EpilogueCall& epilogue, const PixelSums& sums);

}  // namespace tf_injector::detail::replay
