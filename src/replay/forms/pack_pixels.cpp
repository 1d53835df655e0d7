#include "replay/forms/pack_pixels.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

#include "replay/finish_pixel.hpp"

namespace tf_injector::detail::replay {

PackPixels::PackPixels(const ReplayPlan& plan, const GoldenActivations& golden, PackedActivations& values)
    : plan_(plan), golden_(golden), values_(values), width_(plan.table().width()) {
  ArrayMaker maker;
  list_arrays(plan.sizes(), maker);
  std::iota(all_channels_.begin(), all_channels_.end(), 0);
}

simd::LaneRows PackPixels::read_rows(int value, int64_t p, LaneMask reach, float* values, int32_t* channels) {
  assert(reach != 0 && (reach & ~values_.all_lanes()) == 0);
  assert(p >= 0 && p < info(value).positions);
  const simd::LaneTap tap = values_.tap(value, p, 0);
  return table().lane_window({.taps = {&tap, 1},
                              .lanes = reach,
                              .cin = static_cast<int32_t>(info(value).channels),
                              .cout = 1,
                              .values = values,
                              .weight_at = channels,
                              .delta_sq_norm = delta_sq_norms_.data()});
}

void PackPixels::load(int value, int64_t p, LaneMask reach, AlignedBuffer& to) {
  const int64_t row = row_size(reach);
  std::fill_n(to.data(), info(value).channels * width_, 0.0f);
  const simd::LaneRows rows = read_rows(value, p, reach);
  for (int32_t i = 0; i < rows.count; ++i)
    std::copy_n(rows.values + i * row, row, to.data() + row_channels_[idx(i)] * width_);
}

void PackPixels::finish(const ReplayStep& step, int64_t p, LaneMask reach, const simd::EpilogueCall& epilogue,
                        std::span<const int32_t> channels) {
  counters_.equal_lanes += finish_pixel(plan_, golden_, values_, target_of(step, p), epilogue,
                                        {.lanes = reach,
                                         .sums = sums_.data(),
                                         .channels = channels.data(),
                                         .count = static_cast<int32_t>(channels.size()),
                                         .nonzero_in = nullptr});
}

}  // namespace tf_injector::detail::replay
