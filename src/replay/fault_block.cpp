#include "replay/fault_block.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "core/bits.hpp"

namespace tf_injector::replay {
namespace {

struct Target {
  const Patch* patch = nullptr;
  std::vector<size_t> steps;  // ascending; empty: the weight is not read by the scored output
};

void add_lane(Hit& hit, const SimdConv2D& conv, int fault, const Patch& patch) {
  hit.lane_fault.push_back(fault);
  hit.lane_channel.push_back(static_cast<int32_t>(patch.element % conv.geometry().cout));
}

// Packs the channel of every lane, the lane's own fault in it.
void pack_lanes(Hit& hit, const SimdConv2D& conv, const Group& group, const std::vector<Target>& targets) {
  const auto lanes = static_cast<int64_t>(hit.lane_fault.size());
  hit.columns = AlignedBuffer(static_cast<size_t>(simd::packed_size(conv.table(), conv.depth(), lanes)));
  for (int64_t l = 0; l < lanes; ++l) {
    const auto lane = static_cast<size_t>(l);
    const Patch& patch = *targets[group.faults[static_cast<size_t>(hit.lane_fault[lane])]].patch;
    for (int64_t k = 0; k < conv.depth(); ++k) {
      const bool faulted = k == patch.element / conv.geometry().cout;
      const float w = faulted ? bits_float(patch.new_bits) : conv.weight(k, hit.lane_channel[lane]);
      hit.columns[static_cast<size_t>(simd::packed_index(conv.table(), conv.depth(), lanes, k, l))] = w;
    }
  }
  hit.epilogue = std::make_unique<EpilogueData>(conv.epilogue().gathered(hit.lane_channel));
}

Group make_group(const ReplayPlan& plan, std::vector<uint32_t> faults, const std::vector<Target>& targets) {
  Group group{.faults = std::move(faults), .hits = {}};
  std::map<size_t, Hit> hits;
  for (size_t f = 0; f < group.faults.size(); ++f) {
    const Target& target = targets[group.faults[f]];
    for (size_t step : target.steps) {
      Hit& hit = hits[step];
      hit.step = step;
      hit.mask |= uint64_t{1} << f;
      const SimdConv2D* conv = plan.steps()[step].conv;
      if (conv != nullptr && target.steps.size() == 1) {
        add_lane(hit, *conv, static_cast<int>(f), *target.patch);
      } else {
        hit.patched.resize(kGroup);
        hit.patched[f] = plan.steps()[step].kernel->patched(*target.patch);
      }
    }
  }
  for (auto& [step, hit] : hits) {
    if (!hit.lane_fault.empty()) pack_lanes(hit, *plan.steps()[step].conv, group, targets);
    group.hits.push_back(std::move(hit));
  }
  return group;
}

}  // namespace

FaultBlock::FaultBlock(const ReplayPlan& plan, std::span<const Patch> patches) : size_(patches.size()) {
  std::vector<Target> targets;
  std::map<WeightId, std::vector<size_t>> holding;
  for (const Patch& patch : patches) {
    auto [it, is_new] = holding.try_emplace(patch.weight);
    if (is_new) it->second = plan.steps_holding(patch.weight);
    targets.push_back({&patch, it->second});
  }
  std::vector<uint32_t> order(patches.size());
  std::iota(order.begin(), order.end(), 0u);
  const auto first_step = [&](uint32_t f) {
    return targets[f].steps.empty() ? SIZE_MAX : targets[f].steps.front();
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return first_step(a) < first_step(b); });
  for (size_t i = 0; i < order.size(); i += kGroup) {
    const size_t end = std::min(order.size(), i + kGroup);
    groups_.push_back(make_group(
        plan,
        {order.begin() + static_cast<std::ptrdiff_t>(i), order.begin() + static_cast<std::ptrdiff_t>(end)},
        targets));
  }
}

}  // namespace tf_injector::replay
