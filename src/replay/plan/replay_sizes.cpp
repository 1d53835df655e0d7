#include "replay/plan/replay_sizes.hpp"

#include <algorithm>

#include "core/round_up.hpp"
#include "replay/plan/replay_plan.hpp"

namespace tf_injector::detail::replay {

ReplaySizes::ReplaySizes(const ReplayPlan& plan, PackSize size)
    : lanes(plan.table().lanes), width(plan.table().width()), pack(size) {
  columns = round_up(int64_t{size.lanes}, lanes);
  alone = std::min(kMaxPerFault, size.lanes);
  scores = plan.plan().classes();
  runs_whole = !plan.shortcuts().channel;
  add_values(plan);
  squares.resize(values.size());
  for (const ReplayStep& step : plan.steps()) add(step, plan);
}

void ReplaySizes::add_values(const ReplayPlan& plan) {
  const std::vector<int64_t>& slot_elements = plan.plan().parts().memory.slot_elements;
  values.reserve(plan.values().size());
  for (const ValueInfo& value : plan.values()) {
    values.push_back(value.elements());
    elements = std::max(elements, value.elements());
    channels = std::max(channels, value.channels);
    positions = std::max(positions, value.positions);
  }
  slots.reserve(slot_elements.size());
  for (size_t slot = 0; slot < slot_elements.size(); ++slot) {
    const auto at = static_cast<int>(slot);
    slots.push_back({slot_elements[slot], plan.slot_positions(at), plan.pixel_buffer_limit(at, pack.lanes)});
  }
}

void ReplaySizes::add(const ReplayStep& step, const ReplayPlan& plan) {
  reads = std::max(reads, static_cast<int64_t>(step.reads.size()));
  before.push_back(0);
  if (step.average) stripes = std::max<int64_t>(stripes, step.average->geometry.stripes);
  if (step.window) {
    window_rows = std::max(window_rows, step.window->most_rows());
    window_pixels = std::max(window_pixels, step.window->most_pixels());
  }
  if (step.linear) add_linear(step, plan);
}

void ReplaySizes::add_linear(const ReplayStep& step, const ReplayPlan& plan) {
  const LinearStep& linear = *step.linear;
  const LinearGeometry& g = linear.geometry;
  taps = std::max(taps, g.taps);
  depth = std::max(depth, g.taps * g.cin);
  cout = std::max(cout, g.cout);
  out_positions = std::max(out_positions, g.out_positions);
  out_elements = std::max(out_elements, plan.values()[idx(step.output)].elements());
  if (g.cout <= int64_t{lanes} * simd::kMostPackedVectors)
    packed = std::max(packed, g.taps * g.cin * (g.cout + lanes));
  columns_room = std::max(columns_room, linear.kernel->columns_room(pack.lanes));
  const std::vector<int64_t> classes = linear.kernel->class_sizes();
  among.resize(std::max(among.size(), classes.size()));
  for (size_t i = 0; i < classes.size(); ++i) among[i] = std::max(among[i], classes[i]);
  if (!linear.clipped_bound) return;
  for (const int value : {step.reads.front(), step.has_add ? step.reads.back() : step.reads.front()})
    squares[idx(value)] = plan.values()[idx(value)].positions;
  before.back() = plan.values()[idx(step.output)].elements() + lanes;
}

}  // namespace tf_injector::detail::replay
