#include "replay/plan/replay_plan.hpp"

#include <algorithm>

#include "core/round_up.hpp"

namespace tf_injector::detail::replay {
namespace {

ValueInfo value_of(const Shape& shape, int slot) {
  const int64_t channels = shape.rank() == 0 ? 1 : shape.back(), elements = shape.elements();
  return {channels > 0 ? elements / channels : 0, channels, slot};
}

constexpr int64_t kCarriedFloats = int64_t{16} << 20;  // one generation of carried packs: at most 64 MiB
constexpr int64_t kMostPacks = 4;

}  // namespace

ReplayPlan::ReplayPlan(const Plan& plan, const Shortcuts& shortcuts, PackSize size, Weights weights)
    : plan_(plan), table_(*simd::pack_table(plan.kernels())), shortcuts_(shortcuts), size_(size) {
  const PlanParts& p = plan.parts();
  values_.reserve(p.inputs.size() + p.steps.size());
  steps_.reserve(p.steps.size());
  for (size_t i = 0; i < p.inputs.size(); ++i)
    values_.push_back(value_of(p.inputs[i].shape, p.memory.slot_of_input[i]));
  for (size_t i = 0; i < p.steps.size(); ++i)
    values_.push_back(value_of(p.steps[i].shape, p.memory.slot_of_step[i]));
  for (size_t i = 0; i < p.steps.size(); ++i)
    steps_.push_back(
        make_replay_step(p.steps[i], static_cast<int>(p.inputs.size() + i), values_, shortcuts_, weights));
  segments_ = cut_segments(steps_, static_cast<int>(p.inputs.size()), output(), table_.lanes);
  if (size_.lanes == 0) size_ = pack_sizes().front();
  sizes_ = ReplaySizes(*this, size_);
}

// Together with the packs that are carried, their memory: at most kCarriedFloats and kMostPacks. Smaller ones
// take less, and are slower. None is larger than the faults are many.
std::vector<PackSize> ReplayPlan::pack_sizes(size_t faults) const {
  int64_t largest = 1;
  const int width = table_.width();
  for (size_t slot = 0; slot < plan_.parts().memory.slot_elements.size(); ++slot)
    largest = std::max(largest, pixel_buffer_limit(static_cast<int>(slot), width).values);
  const auto packs = static_cast<size_t>(std::clamp<int64_t>(kCarriedFloats / largest, 2, kMostPacks));
  std::vector<PackSize> sizes = {{width, packs}, {width, 1}};
  for (int lanes = width / 2; lanes >= table_.lanes; lanes /= 2) sizes.push_back({lanes, 1});
  for (const int lanes : {4, 1}) {
    if (lanes < table_.lanes) sizes.push_back({lanes, 1});
  }
  const size_t most = std::max<size_t>(faults, 1);
  if (most >= idx(width) * packs) return sizes;
  std::vector<PackSize> fitting;
  for (PackSize size : sizes) {
    size.lanes = static_cast<int32_t>(std::min(idx(size.lanes), most));
    size.packs = std::min(size.packs, divide_up(most, idx(size.lanes)));
    if (fitting.empty() || !(size == fitting.back())) fitting.push_back(size);
  }
  return fitting;
}

int64_t ReplayPlan::slot_positions(int slot) const {
  int64_t positions = 0;
  for (const ValueInfo& value : values_) {
    if (value.slot == slot) positions = std::max(positions, value.positions);
  }
  return positions;
}

// All lanes of all elements and the norms of all pixels; half as much again for the holes that rewritten
// pixels leave, or one pixel.
PixelBufferLimit ReplayPlan::pixel_buffer_limit(int slot, int32_t lanes) const {
  const int64_t row = round_up(lanes, table_.lanes);
  PixelBufferLimit limit;
  for (const ValueInfo& value : values_) {
    if (value.slot != slot) continue;
    const int64_t pixels = value.positions + std::max<int64_t>(1, value.positions / 2);
    limit.values = std::max(limit.values, pixels * (value.channels + 1) * row + table_.lanes);
    limit.channels = std::max(limit.channels, pixels * value.channels + simd::kMaxWidth);
  }
  return limit;
}

std::vector<size_t> ReplayPlan::steps_holding(WeightId weight) const {
  std::vector<size_t> holding;
  for (size_t s = 0; s < steps_.size(); ++s) {
    if (steps_[s].kernel->holds(weight)) holding.push_back(s);
  }
  return holding;
}

}  // namespace tf_injector::detail::replay
