// The layer that faults hit: one output channel per fault, computed from the golden inputs.
#pragma once

#include <bit>
#include <cassert>
#include <cstdint>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/for_each_bit.hpp"
#include "plan/plan.hpp"
#include "replay/arrays.hpp"
#include "replay/counters.hpp"
#include "replay/fault_block.hpp"
#include "replay/golden_activations.hpp"
#include "replay/plan/replay_plan.hpp"

namespace tf_injector::detail::replay {

struct FaultedChannelOutputsArrays {
  std::vector<int32_t> positions_;
  PositionScratch scratch_;
  AlignedBuffer columns_, whole_;        // [positions][faults]: sums, then values
  std::vector<simd::LaneMask> differs_;  // per listed position
  std::vector<const float*> inputs_;

  template <class To>
  void list_arrays(const ReplaySizes& sizes, To& to) {
    to.reserve(positions_, sizes.out_positions);
    list_scratch(scratch_, sizes, to);
    to.add(scratch_.room, sizes.columns_room);
    to.add(columns_, sizes.out_positions * sizes.columns);
    if (sizes.runs_whole) to.add(whole_, sizes.out_elements);
    to.add(differs_, sizes.out_positions);
    to.reserve(inputs_, sizes.reads);
  }
};

class FaultedChannelOutputs : FaultedChannelOutputsArrays {
 public:
  FaultedChannelOutputs(const ReplayPlan& plan, const GoldenActivations& golden);

  void compute(const LayerFaults& hit, const ReplayStep& step, BatchContext context);
  // Of what was computed last: calls changed(h, value) for each fault h of the layer whose output differs
  // from golden at this position. Positions must ascend from call to call.
  template <class Changed>
  void at(int64_t position, Changed changed) {
    assert(next_ == 0 || positions_[next_ - 1] < position);
    while (next_ < positions_.size() && positions_[next_] < position) ++next_;
    if (next_ == positions_.size() || positions_[next_] != position) return;
    for_each_bit(differs_[next_], [&](int32_t h) {
      changed(h, columns_[static_cast<size_t>(position) * count_ + static_cast<size_t>(h)]);
    });
  }
  // Since this object was made.
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  // Positions whose output some fault may change, into positions_.
  void list_positions(const LayerFaults& hit, const ReplayStep& step);
  // The same of whole layers, into columns_.
  void compute_whole(const LayerFaults& hit, const ReplayStep& step, BatchContext context);
  // Sums to output values, and which differ.
  void finish(const LayerFaults& hit, const ReplayStep& step, simd::EpilogueCall epilogue);

  const ReplayPlan& plan_;
  const GoldenActivations& golden_;
  Counters counters_;
  size_t count_ = 0, next_ = 0;  // faults; the listed position that at() looks at next
};

}  // namespace tf_injector::detail::replay
