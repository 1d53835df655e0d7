// Replays faults on one image: golden's activations once, then packs of faults, each from the layer it hits on, only where
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
#include "replay/golden.hpp"
#include "replay/lane_values.hpp"
#include "replay/replay_plan.hpp"

namespace tf_injector::replay {

// Called for every fault of the block whose scores differ from golden's in some bit; the span lives only
// during the call.
using Changed = std::function<void(size_t fault, std::span<const float> scores)>;

// One per thread.
class ReplayWorkspace {
 public:
  explicit ReplayWorkspace(const ReplayPlan& plan);

  // inputs[i]: the image's values of the model's input i, preprocessed. scores: plan.classes() golden scores, written.
  void run_golden(std::span<const std::span<const float>> inputs, BatchContext context, std::span<float> scores);
  // Faults of the block on the image that run_golden saw last: packs first..first+count-1.
  void run_packs(const FaultBlock& block, size_t first, size_t count, const Changed& changed);

 private:
  void run_pack(const Pack& pack);
  void replay_step(const StepInfo& step, size_t index, LaneMask reached);
  void replay_linear(const StepInfo& step, size_t index);
  bool linear_position(const StepInfo& step, size_t index, int64_t position);
  void linear_sums(const StepInfo& step, int64_t position, const LinearStep& linear);
  void chain_with_all_rows(const StepInfo& step, int64_t position);
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
              const int32_t* channels);
  void load_sums(int value, int64_t position);  // a pixel, dense, into sums_
  const float* materialize(int value, int lane, AlignedBuffer& scratch) const;
  void store_whole(int value, int lane, const float* result);
  void report(const Pack& pack, const Changed& changed);

  [[nodiscard]] const ValueInfo& info(int value) const { return plan_.values()[static_cast<size_t>(value)]; }

  const ReplayPlan& plan_;
  const simd::SimdTable& table_;
  const int64_t width_;
  Golden golden_;
  LaneValues values_;
  BatchContext context_;
  bool negative_zero_ = false;  // of the chains run last
  AlignedBuffer sums_, stripes_, columns_, lane_golden_, lane_add_, lane_out_, whole_out_, scores_, golden_scores_;
  AlignedBuffer dense_rows_;  // all rows of a window, zeros included
  std::vector<AlignedBuffer> whole_in_;
  std::vector<int32_t> all_channels_, alive_;
  std::vector<simd::LanePixel> pixels_, cut_;
  std::vector<const float*> weights_, cut_weights_, changes_, pointers_;
};

}  // namespace tf_injector::replay
