// The steps of a plan for one pack of faults: what a step gives for all its lanes at once.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "plan/plan.hpp"
#include "replay/fault_block.hpp"
#include "replay/golden.hpp"
#include "replay/lane_values.hpp"
#include "replay/replay_plan.hpp"

namespace tf_injector::replay {

class LaneSteps {
 public:
  // All outlive it. `values`: of the pack that is being worked on.
  LaneSteps(const ReplayPlan& plan, const Golden& golden, LaneValues& values);

  // Steps first..end-1 of the pack whose changed values are in `values`; `hits` ascending by step.
  void run(size_t first, size_t end, std::span<const Hit> hits, BatchContext context);
  // All of a value as one fault has it, dense: golden's own array when the fault has not reached it. Until
  // the next call.
  [[nodiscard]] const float* read_value(int value, int lane) { return materialize(value, lane, whole_out_); }

 private:
  struct Vectors {
    int32_t first = 0, count = 0;
  };
  void replay_step(const StepInfo& step, size_t index, LaneMask reached);
  void replay_linear(const StepInfo& step, size_t index);
  [[nodiscard]] Vectors vectors_of(LaneMask reach) const;
  void linear_position(const StepInfo& step, size_t index, int64_t position, Vectors vectors);
  void chain_with_all_rows(const StepInfo& step, int64_t position, Vectors vectors);
  void run_chains(const LinearStep& linear, simd::LaneSumsCall call);
  void replay_elementwise(const StepInfo& step);
  void replay_movement(const StepInfo& step);
  bool move_pixel(const StepInfo& step, int64_t position);
  void move_elements(const StepInfo& step, int64_t position);
  void replay_average(const StepInfo& step);
  void average_window(const StepInfo& step, int64_t position);
  void replay_whole(const StepInfo& step, const Hit* hit, LaneMask lanes);
  void hit_linear(const Hit& hit, const StepInfo& step);
  // Sums of all channels -> output pixel without an epilogue.
  void store_sums(const StepInfo& step, int64_t position);
  void finish(const StepInfo& step, int64_t position, const simd::EpilogueCall& epilogue, int32_t count,
              const int32_t* channels, Vectors vectors);
  void load_sums(int value, int64_t position);  // a pixel, dense, into sums_
  const float* materialize(int value, int lane, AlignedBuffer& scratch) const;
  void store_whole(int value, int lane, const float* result);

  [[nodiscard]] const ValueInfo& info(int value) const { return plan_.values()[static_cast<size_t>(value)]; }

  const ReplayPlan& plan_;
  const simd::SimdTable& table_;
  const int64_t width_;
  const Golden& golden_;
  LaneValues& values_;
  BatchContext context_;
  bool negative_zero_ = false;  // of the chains run last
  AlignedBuffer sums_, stripes_, columns_, lane_golden_, lane_add_, lane_out_, whole_out_;
  AlignedBuffer dense_rows_;  // all rows of a window, zeros included
  std::vector<AlignedBuffer> whole_in_;
  std::vector<int32_t> all_channels_, alive_;
  std::vector<simd::LanePixel> pixels_, cut_;
  std::vector<const float*> weights_, cut_weights_, changes_, pointers_;
};

}  // namespace tf_injector::replay
