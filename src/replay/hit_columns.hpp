// The layer that faults hit: one output channel per fault, from golden's inputs, at all positions.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "plan/plan.hpp"
#include "replay/fault_block.hpp"
#include "replay/golden.hpp"
#include "replay/replay_plan.hpp"

namespace tf_injector::replay {

class HitColumns {
 public:
  HitColumns(const ReplayPlan& plan, const Golden& golden);

  // Calls changed(position, h, value) where the output of the h-th fault of the hit differs from golden's,
  // position by position.
  template <class Changed>
  void run(const Hit& hit, const StepInfo& step, BatchContext context, Changed changed) {
    compute(hit, step, context);
    const size_t count = hit.lane.size();
    for (size_t i = 0; i < positions_.size(); ++i) {
      const int32_t p = positions_[i];
      for (simd::LaneMask left = differs_[i]; left != 0; left &= left - 1) {
        const int32_t h = std::countr_zero(left);
        changed(p, h, columns_[static_cast<size_t>(p) * count + static_cast<size_t>(h)]);
      }
    }
  }

 private:
  // Positions whose output some fault may change, into positions_.
  void list_positions(const Hit& hit, const StepInfo& step);
  void compute(const Hit& hit, const StepInfo& step, BatchContext context);
  // The same of whole layers, into columns_.
  void compute_whole(const Hit& hit, const StepInfo& step, BatchContext context);
  // Sums to output values, and which differ.
  void finish(const Hit& hit, const StepInfo& step, simd::EpilogueCall epilogue);

  const ReplayPlan& plan_;
  const Golden& golden_;
  std::vector<int32_t> positions_;
  PositionScratch scratch_;
  AlignedBuffer columns_, whole_;        // [positions][faults]: sums, then values
  std::vector<simd::LaneMask> differs_;  // per listed position
};

}  // namespace tf_injector::replay
