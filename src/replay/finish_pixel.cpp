#include "replay/finish_pixel.hpp"

#include <bit>

namespace tf_injector::replay {

void finish_pixel(const ReplayPlan& plan, const Golden& golden, LaneValues& values, const StepInfo& step,
                  int64_t position, const simd::EpilogueCall& epilogue, const PixelSums& sums) {
  const LaneValues::Room to = values.room(step.output, position, std::popcount(sums.lanes));
  simd::LaneFinishCall call{.lanes = sums.lanes,
                            .all_lanes = values.all_lanes(),
                            .sums = sums.sums,
                            .channels = sums.channels,
                            .count = sums.count,
                            .sums_of = sums.sums_of,
                            .epilogue = epilogue,
                            .has_add = step.has_add,
                            .add = {},
                            .golden = golden.pixel(step.output, position),
                            .values = to.values,
                            .out_channels = to.channels};
  if (step.has_add) {
    const int add = step.reads.back();
    call.add = values.pixel(add, position);
    call.add_golden = golden.pixel(add, position);
  }
  int32_t rows = 0;
  const LaneMask dirty = plan.table().lane_finish(call, &rows);
  values.commit(step.output, position, rows, dirty);
}

}  // namespace tf_injector::replay
