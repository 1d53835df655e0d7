// Convolutions and Dense behind the fault, for one pack: position by position, only where a fault reaches,
// only outputs that may be other than zero, only inputs that are not.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/round_up.hpp"
#include "plan/plan.hpp"
#include "replay/arrays.hpp"
#include "replay/counters.hpp"
#include "replay/golden_activations.hpp"
#include "replay/packed_activations.hpp"
#include "replay/plan/replay_plan.hpp"
#include "replay/possibly_nonzero_channels.hpp"

namespace tf_injector::detail::replay {

struct PackedLinearArrays {
  std::vector<simd::LaneTap> taps_;
  std::vector<int32_t> weight_at_, dense_at_;
  std::array<std::vector<int32_t>, simd::kLaneVectors + 1>
      row_at_;  // by the vectors of a row: where each begins
  AlignedBuffer rows_, sums_, packed_weights_, dense_rows_;

  template <class To>
  void list_arrays(const ReplaySizes& sizes, To& to) {
    to.reserve(taps_, sizes.taps);
    to.add(weight_at_, sizes.depth + sizes.lanes);  // a vector of padding
    to.reserve(dense_at_, sizes.depth);
    for (size_t vectors = 1; vectors < row_at_.size(); ++vectors) to.add(row_at_[vectors], sizes.depth);
    to.add(sums_, sizes.cout * sizes.width);
    to.add(rows_, sizes.depth * sizes.width);
    to.add(dense_rows_, sizes.depth * sizes.width);
    to.add(packed_weights_, sizes.packed);
  }
};

class PackedLinear : PackedLinearArrays {
 public:
  // All outlive it. `values`: of the pack that is being worked on.
  PackedLinear(const ReplayPlan& plan, const GoldenActivations& golden, PackedActivations& values);

  // Called for every output position, ascending, when what reaches it has been computed. May be empty.
  using AfterPosition = std::function<void(int64_t position)>;
  void run(const ReplayStep& step, size_t index, BatchContext context, const AfterPosition& after);
  // Since this object was made.
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  // What is the same at all positions of a step.
  struct Run {
    const ReplayStep& step;
    size_t index = 0;  // of the step
    BatchContext context;
    ActivationView in, add;  // the step's input, the Add's operand
    [[nodiscard]] const LinearStep& linear() const { return *step.linear; }
    [[nodiscard]] const LinearGeometry& geometry() const { return step.linear->geometry; }
  };
  // The receptive field of a position, as the reached lanes have it.
  struct Field {
    simd::LaneWindow rows;  // those that are not +0 in all lanes
    int32_t lanes = 0;
    // Largest squared norms of each vector of lanes: of the delta of the inputs, of the Add's operand.
    std::array<float, simd::kLaneVectors> delta_sq_norms{}, add_delta_sq_norms{};
  };
  // How a position is computed: lanes together, faults across the lanes; those behind them one by one, output
  // channels across the lanes.
  struct Split {
    int32_t together = 0, faults = 0;
  };
  void compute_position(const Run& run, int64_t position, LaneMask reach);
  [[nodiscard]] Field read_field(const Run& run, int64_t position, LaneMask reach);
  // The same rows with those that are +0 among them.
  [[nodiscard]] simd::LaneWindow with_zero_rows(const Run& run, int64_t position,
                                                const simd::LaneWindow& rows);
  void find_nonzero(const Run& run, int64_t position, const Field& field);
  [[nodiscard]] int32_t vectors(int32_t count) const { return divide_up(count, lanes_); }
  [[nodiscard]] int32_t single_cost(int32_t faults, int32_t channels, int32_t cout) const;
  [[nodiscard]] Split split(const LinearStep& linear, int32_t faults) const;
  // Sums of the possibly non-zero channels. True: a chain ended in -0.
  [[nodiscard]] bool compute_sums(const Run& run, const simd::LaneWindow& rows, const Split& how);
  // Vectors first..end-1.
  [[nodiscard]] bool compute_together(const Run& run, const simd::LaneWindow& rows,
                                      const simd::LaneLevel& channels, int32_t first, int32_t end);
  [[nodiscard]] bool compute_single(const Run& run, const simd::LaneWindow& rows, int32_t first, int32_t end);
  // Calls compute(rows, add_to_sums) for every block that the layer's sum is cut into.
  template <class Compute>
  void for_each_block(const Run& run, const simd::LaneWindow& rows, Compute compute);

  const ReplayPlan& plan_;
  const simd::PackTable& table_;
  const int32_t lanes_, width_;  // of a vector, of a pack
  const GoldenActivations& golden_;
  PackedActivations& values_;
  Counters counters_;
  PossiblyNonzeroChannels nonzero_;  // of the position that is being computed
};

}  // namespace tf_injector::detail::replay
