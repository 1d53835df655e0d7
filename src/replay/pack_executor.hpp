// The steps of a plan for one pack of faults: what a step gives for all its lanes at once.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "plan/plan.hpp"
#include "replay/arrays.hpp"
#include "replay/counters.hpp"
#include "replay/fault_block.hpp"
#include "replay/faulted_channel_outputs.hpp"
#include "replay/golden_activations.hpp"
#include "replay/packed_activations.hpp"
#include "replay/packed_linear.hpp"
#include "replay/replay_plan.hpp"

namespace tf_injector::replay {

struct PackExecutorArrays {
  AlignedBuffer zeros_, window_values_;
  std::vector<int32_t> window_at_, window_next_;
  std::vector<simd::LaneTap> window_taps_;
  std::vector<const float*> window_rows_, window_weights_;
  AlignedBuffer sums_, operand_, rows_, delta_sq_norms_, stripes_, whole_out_;
  std::vector<AlignedBuffer> whole_in_;
  std::vector<int32_t> all_channels_, row_channels_;
  std::vector<LaneChange> changes_;
  std::vector<const float*> pointers_;

  template <class To>
  void list_arrays(const ReplaySizes& sizes, To& to) {
    const int64_t pixel = sizes.channels * sizes.width;
    for (AlignedBuffer* array : {&sums_, &operand_, &rows_}) to.add(*array, pixel);
    to.add(stripes_, pixel * sizes.stripes);
    to.add(row_channels_, sizes.channels + simd::kMaxWidth);
    to.add(delta_sq_norms_, sizes.width);
    to.add(zeros_, sizes.width);
    to.add(window_values_, sizes.window_rows * sizes.width);
    to.add(window_at_, sizes.window_rows + simd::kMaxWidth);
    to.add(window_next_, sizes.window_pixels);
    to.add(window_rows_, sizes.window_rows);
    to.reserve(window_taps_, sizes.window_pixels);
    to.reserve(window_weights_, sizes.window_pixels);
    to.add(whole_out_, sizes.elements);
    to.repeat(whole_in_, sizes.reads, [&](AlignedBuffer& in, int64_t) { to.add(in, sizes.elements); });
    to.add(all_channels_, sizes.channels);
    to.reserve(changes_, std::max<int64_t>(sizes.channels, sizes.width));
    to.add(pointers_, sizes.reads);
  }
};

class PackExecutor : PackExecutorArrays {
 public:
  // All outlive it. `values`: of the pack that is being worked on.
  PackExecutor(const ReplayPlan& plan, const GoldenActivations& golden, PackedActivations& values,
               FaultedChannelOutputs& faulted_outputs);

  // Steps first..end-1 of the pack whose changed values are in `values`; `hits` ascending by step.
  void run(size_t first, size_t end, std::span<const LayerFaults> hits, BatchContext context);
  // All of a value as one fault has it, dense: golden's own array when the fault has not reached it. Until
  // the next call.
  [[nodiscard]] const float* read_value(int value, int lane) { return materialize(value, lane, whole_out_); }
  // Since this object was made.
  [[nodiscard]] Counters counters() const noexcept { return Counters(counters_) += linear_.counters(); }

 private:
  void replay_step(const ReplayStep& step, size_t index, LaneMask reached);
  // Calls run(position, lanes) where lanes differ in what the step reads at that position.
  template <class Run>
  void for_each_reached(const ReplayStep& step, Run run) {
    const LaneMask at_all_positions = values_.lanes_at_all_positions(step.reads);
    for (int64_t p = 0; p < info(step.output).positions; ++p) {
      LaneMask reach = at_all_positions;
      for (int value : step.reads) reach |= values_.changed_lanes(value, p);
      if (reach != 0) run(p, reach);
    }
  }
  void replay_elementwise(const ReplayStep& step);
  void replay_function(const ReplayStep& step);
  void replay_binary(const ReplayStep& step);
  void replay_movement(const ReplayStep& step);
  bool move_pixel(const ReplayStep& step, int64_t position);
  void move_elements(const ReplayStep& step, int64_t position);
  void replay_average(const ReplayStep& step);
  void average_window(const ReplayStep& step, int64_t position, LaneMask reach);
  // False: a sum of the window ended in -0 with its zeros left out.
  bool sum_window(const ReplayStep& step, int64_t position, LaneMask reach, bool with_zeros);
  void replay_window(const ReplayStep& step);
  void window_position(const ReplayStep& step, int64_t position, LaneMask reach);
  void maxima_position(const ReplayStep& step, int64_t position, LaneMask reach);
  void replay_join(const ReplayStep& step);
  void join_position(const ReplayStep& step, int64_t position, LaneMask reach);
  void replay_whole(const ReplayStep& step, const LayerFaults* hit, LaneMask lanes);
  void hit_linear(const ReplayStep& step, size_t index, LaneMask reached, const LayerFaults& hit);
  simd::LaneRows read_rows(int value, int64_t position, LaneMask reach, float* values, int32_t* channels);
  // The channels in row_channels_.
  simd::LaneRows read_rows(int value, int64_t position, LaneMask reach) {
    return read_rows(value, position, reach, rows_.data(), row_channels_.data());
  }
  // A pixel, all channels, into sums_ or operand_.
  void load_sums(int value, int64_t position, LaneMask reach) { load_pixel(value, position, reach, sums_); }
  void load_pixel(int value, int64_t position, LaneMask reach, AlignedBuffer& to);
  // Sums of all channels; of some, the others being +0 in every lane and in golden.
  void finish_sums(const ReplayStep& step, int64_t position, const simd::EpilogueCall& epilogue,
                   LaneMask reach) {
    finish_sums(step, position, epilogue, reach,
                std::span(all_channels_).first(idx(info(step.output).channels)));
  }
  void finish_sums(const ReplayStep& step, int64_t position, const simd::EpilogueCall& epilogue,
                   LaneMask reach, std::span<const int32_t> channels);
  const float* materialize(int value, int lane, AlignedBuffer& scratch) const;
  void store_whole(int value, int lane, const float* result);

  [[nodiscard]] int32_t vectors(LaneMask lanes) const {
    return (std::popcount(lanes) + table_.lanes - 1) / table_.lanes;
  }
  [[nodiscard]] const ValueInfo& info(int value) const { return plan_.values()[static_cast<size_t>(value)]; }

  const ReplayPlan& plan_;
  const simd::PackTable& table_;
  const int64_t width_;
  const GoldenActivations& golden_;
  PackedActivations& values_;
  BatchContext context_;
  Counters counters_;
  PackedLinear linear_;
  FaultedChannelOutputs& faulted_outputs_;
};

}  // namespace tf_injector::replay
