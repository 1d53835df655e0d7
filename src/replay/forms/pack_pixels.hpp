// What the forms of steps share: pixels of a pack as rows of its lanes, and sums that become output pixels.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/round_up.hpp"
#include "replay/arrays.hpp"
#include "replay/counters.hpp"
#include "replay/golden_activations.hpp"
#include "replay/packed_activations.hpp"
#include "replay/plan/replay_plan.hpp"

namespace tf_injector::detail::replay {

struct PackPixelsArrays {
  AlignedBuffer sums_, operand_, rows_, delta_sq_norms_;
  std::vector<int32_t> all_channels_, row_channels_;

  template <class To>
  void list_arrays(const ReplaySizes& sizes, To& to) {
    for (AlignedBuffer* array : {&sums_, &operand_, &rows_}) to.add(*array, sizes.channels * sizes.width);
    to.add(row_channels_, sizes.channels + simd::kMaxWidth);
    to.add(delta_sq_norms_, sizes.width);
    to.add(all_channels_, sizes.channels);
  }
};

// A form reads the pixels that a step needs, puts sums of the reached lanes into sum(), and finishes them.
class PackPixels : PackPixelsArrays {
 public:
  // All outlive it. `values`: of the pack that is being worked on.
  PackPixels(const ReplayPlan& plan, const GoldenActivations& golden, PackedActivations& values);

  [[nodiscard]] const ReplayPlan& plan() const noexcept { return plan_; }
  [[nodiscard]] const simd::PackTable& table() const noexcept { return plan_.table(); }
  [[nodiscard]] const GoldenActivations& golden() const noexcept { return golden_; }
  [[nodiscard]] PackedActivations& values() noexcept { return values_; }
  [[nodiscard]] const ValueInfo& info(int value) const { return plan_.values()[static_cast<size_t>(value)]; }
  // Floats of a channel's sums: all lanes of the largest pack.
  [[nodiscard]] int64_t width() const noexcept { return width_; }
  [[nodiscard]] int32_t vectors(LaneMask lanes) const {
    return divide_up(std::popcount(lanes), table().lanes);
  }
  // Floats of a row of these lanes.
  [[nodiscard]] int64_t row_size(LaneMask lanes) const { return int64_t{vectors(lanes)} * table().lanes; }

  // [width]: of a channel's sums, of an operand that load_operand was asked for.
  [[nodiscard]] float* sum(int64_t channel = 0) { return sums_.data() + channel * width_; }
  [[nodiscard]] const float* operand(int64_t channel = 0) const { return operand_.data() + channel * width_; }
  // Of the rows read last: their channels, ascending, and the squared norms of the lanes' deltas.
  [[nodiscard]] std::vector<int32_t>& row_channels() noexcept { return row_channels_; }
  [[nodiscard]] AlignedBuffer& delta_sq_norms() noexcept { return delta_sq_norms_; }

  // Calls run(position, lanes) where lanes differ from golden in what the step reads at that position.
  template <class Run>
  void for_each_reached(const ReplayStep& step, Run run) {
    const LaneMask at_all_positions = values_.lanes_at_all_positions(step.reads);
    for (int64_t p = 0; p < info(step.output).positions; ++p) {
      LaneMask reach = at_all_positions;
      for (int value : step.reads) reach |= values_.changed_lanes(value, p);
      if (reach != 0) run(p, reach);
    }
  }
  // Rows of a pixel, those that are +0 left out: as they lie, or put into `values`; `channels` of each.
  simd::LaneRows read_rows(int value, int64_t position, LaneMask reach, float* values, int32_t* channels);
  // The channels in row_channels().
  simd::LaneRows read_rows(int value, int64_t position, LaneMask reach) {
    return read_rows(value, position, reach, rows_.data(), row_channels_.data());
  }
  // A pixel with all its channels, into sum() or operand().
  void load_sums(int value, int64_t position, LaneMask reach) { load(value, position, reach, sums_); }
  void load_operand(int value, int64_t position, LaneMask reach) { load(value, position, reach, operand_); }

  // The output pixel from sums of all channels; of some, the others being +0 in every lane and in golden.
  void finish(const ReplayStep& step, int64_t position, LaneMask reach,
              const simd::EpilogueCall& epilogue = {}) {
    finish(step, position, reach, epilogue, std::span(all_channels_).first(idx(info(step.output).channels)));
  }
  void finish(const ReplayStep& step, int64_t position, LaneMask reach, const simd::EpilogueCall& epilogue,
              std::span<const int32_t> channels);

  // Since this object was made; forms count here too.
  [[nodiscard]] Counters& counters() noexcept { return counters_; }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  void load(int value, int64_t position, LaneMask reach, AlignedBuffer& to);

  const ReplayPlan& plan_;
  const GoldenActivations& golden_;
  PackedActivations& values_;
  const int64_t width_;
  Counters counters_;
};

}  // namespace tf_injector::detail::replay
