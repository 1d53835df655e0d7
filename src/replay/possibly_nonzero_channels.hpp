// Which outputs of a position may be other than zero, for each vector of the faults that reach it. Faults
// with large changes lie behind (FaultBlock), so what may be non-zero in a vector is taken to be so in those
// after it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "replay/arrays.hpp"
#include "replay/golden_activations.hpp"
#include "replay/packed_activations.hpp"
#include "replay/plan/replay_plan.hpp"

namespace tf_injector::detail::replay {

struct PossiblyNonzeroChannelsArrays {
  std::vector<int32_t> channels_, all_;
  std::vector<int32_t> alive_in_;
  std::array<std::vector<int32_t>, 2 * simd::kLaneVectors>
      lists_;  // what the levels lie in, where they are several

  template <class To>
  void list_arrays(const ReplaySizes& sizes, To& to) {
    list_arrays(sizes.lanes, sizes.cout, to);
  }
  template <class To>
  void list_arrays(int32_t lanes, int64_t channels, To& to) {
    const int64_t size = channels + int64_t{simd::kLaneVectors} * lanes;  // padding
    for (std::vector<int32_t>* list : {&channels_, &all_, &alive_in_}) to.add(*list, size);
    for (std::vector<int32_t>& list : lists_) to.add(list, size);
  }
};

class PossiblyNonzeroChannels : PossiblyNonzeroChannelsArrays {
 public:
  // `channels`: most of any step.
  PossiblyNonzeroChannels(const simd::PackTable& table, int64_t channels);

  // `delta_sq_norm`, `add_delta_sq_norm`: per vector the largest squared norm of a fault's delta_sq_norm, of
  // the inputs under the window and of the Add's operand (null: there is none). `golden`: of the position.
  void find(const ClippedBound& bound, int32_t cout, const GoldenActivations::BeforeRelu& golden,
            const float* delta_sq_norm, const float* add_delta_sq_norm, int32_t faults);
  // Nothing is known to be clipped.
  void take_all(int32_t cout, int32_t faults);

  [[nodiscard]] int32_t vectors() const noexcept { return vectors_; }
  [[nodiscard]] int32_t count() const noexcept { return count_; }
  // Possibly non-zero in some vector, ascending.
  [[nodiscard]] const int32_t* channels() const noexcept { return channels_.data(); }
  // Of each: in how many vectors it may be non-zero, the last ones. Null: in all of them.
  [[nodiscard]] const int32_t* nonzero_in() const noexcept {
    return level(vectors_).count == count_ ? nullptr : alive_in_.data();
  }
  // Those that may be non-zero in the last so many vectors and no other; their rows are their places among
  // channels().
  [[nodiscard]] const simd::LaneLevel& level(int32_t vectors) const noexcept {
    return levels_[idx(vectors - 1)];
  }

 private:
  // All that are listed may be non-zero in all vectors.
  void set_one_level();

  const simd::PackTable& table_;
  const int32_t lane_count_;  // of a vector
  int32_t vectors_ = 0, count_ = 0;
  std::array<simd::LaneLevel, simd::kLaneVectors> levels_;
};

}  // namespace tf_injector::detail::replay
