#include "replay/possibly_nonzero_channels.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "core/round_up.hpp"
#include "replay/plan/clipped_bound.hpp"

namespace tf_injector::detail::replay {

PossiblyNonzeroChannels::PossiblyNonzeroChannels(const simd::PackTable& table, int64_t channels)
    : table_(table), lane_count_(table.lanes) {
  ArrayMaker maker;
  list_arrays(table.lanes, channels, maker);
  std::iota(all_.begin(), all_.end(), 0);
}

void PossiblyNonzeroChannels::set_one_level() {
  for (simd::LaneLevel& level : levels_) level.count = 0;
  levels_[idx(vectors_ - 1)] = {channels_.data(), all_.data(), count_};
}

void PossiblyNonzeroChannels::take_all(int32_t cout, int32_t faults) {
  vectors_ = divide_up(faults, lane_count_);
  count_ = cout;
  std::copy_n(all_.begin(), cout, channels_.begin());
  set_one_level();
}

void PossiblyNonzeroChannels::find(const ClippedBound& bound, int32_t cout,
                                   const GoldenActivations::BeforeRelu& golden, const float* delta_sq_norm,
                                   const float* add_delta_sq_norm, int32_t faults) {
  vectors_ = divide_up(faults, lane_count_);
  assert(faults >= 1 && vectors_ <= static_cast<int32_t>(simd::kLaneVectors));
  assert(cout <= static_cast<int32_t>(all_.size()) && golden.y != nullptr);
  std::array<float, simd::kLaneVectors> reach{}, shift{};
  float most = 0.0f, most_add = 0.0f;
  for (int32_t v = 0; v < vectors_; ++v) {
    const auto at = idx(vectors_ - 1 - v);
    assert(!std::isnan(delta_sq_norm[v]));  // max() would pass over it
    assert(add_delta_sq_norm == nullptr || !std::isnan(add_delta_sq_norm[v]));
    most = std::max(most, delta_sq_norm[v]);
    reach[at] = norm_of(most);
    if (add_delta_sq_norm == nullptr) continue;
    most_add = std::max(most_add, add_delta_sq_norm[v]);
    shift[at] = norm_of(most_add);  // also of 0: its squares may have been flushed
  }
  for (size_t l = 0; l < levels_.size(); ++l)
    levels_[l] = {lists_[2 * l].data(), lists_[2 * l + 1].data(), 0};
  count_ = table_.lane_nonzero({.y = golden.y,
                                .noise = bound.noise.data(),
                                .offset = bound.offset.data(),
                                .slope = bound.slope.data(),
                                .input_norm = golden.input_norm,
                                .add_noise = ClippedBound::kFewRoundings * golden.add_norm,
                                .vectors = vectors_,
                                .reach = reach.data(),
                                .shift = shift.data(),
                                .cout = cout,
                                .channels = channels_.data(),
                                .nonzero_in = alive_in_.data(),
                                .levels = levels_.data()});
  if (vectors_ == 1) set_one_level();
}

}  // namespace tf_injector::detail::replay
