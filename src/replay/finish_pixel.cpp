#include "replay/finish_pixel.hpp"

#include <algorithm>
#include <bit>
#include <cassert>

namespace tf_injector::detail::replay {

int finish_pixel(const ReplayPlan& plan, const GoldenActivations& golden, PackedActivations& values,
                 const PixelTarget& target, const simd::EpilogueCall& epilogue, const PixelSums& sums) {
  const auto [value, position, add] = target;
  assert(sums.lanes != 0 && (sums.lanes & ~values.all_lanes()) == 0);
  assert(std::is_sorted(sums.channels, sums.channels + sums.count));
  const PackedActivations::PixelStorage to =
      values.allocate_pixel(value, position, std::popcount(sums.lanes));
  simd::LaneFinishCall call{.lanes = sums.lanes,
                            .all_lanes = values.all_lanes(),
                            .sums = sums.sums,
                            .channels = sums.channels,
                            .count = sums.count,
                            .nonzero_in = sums.nonzero_in,
                            .epilogue = epilogue,
                            .has_add = add >= 0,
                            .add = {},
                            .golden = golden.pixel(value, position),
                            .values = to.values,
                            .out_channels = to.channels,
                            .keeps_all = !plan.shortcuts().early_end};
  if (add >= 0) {
    call.add = values.pixel(add, position);
    call.add_golden = golden.pixel(add, position);
    call.add_places = values.channel_places();
  }
  int32_t rows = 0;
  const LaneMask dirty = plan.table().lane_finish(call, &rows);
  values.commit(value, position, rows, dirty);
  return std::popcount(sums.lanes) - std::popcount(dirty);
}

}  // namespace tf_injector::detail::replay
