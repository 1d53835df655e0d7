#include "replay/fault_block.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>

#include "core/bits.hpp"

namespace tf_injector::detail::replay {
namespace {

// A weight that changes by more leaves hardly an output certainly clipped. In one pack with small deltas such
// faults would keep all outputs of their vector from being left out.
constexpr float kLargeDelta = 8.0f;

struct Target {
  const Patch* patch = nullptr;
  std::vector<size_t> steps;  // ascending; empty: the weight is not read by the scored output
  BlockIndex fault;
  float delta = 0.0f;  // |w' - w|; infinity for what is no number

  [[nodiscard]] bool has_large_delta() const { return delta > kLargeDelta; }
  [[nodiscard]] bool is_multi_layer() const { return steps.size() > 1; }
  [[nodiscard]] size_t first_step() const { return steps.empty() ? SIZE_MAX : steps.front(); }
};

float delta_of(const Patch& patch) {
  const float delta = std::fabs(bits_float(patch.new_bits) - bits_float(patch.old_bits));
  return is_finite(delta) ? delta : std::numeric_limits<float>::infinity();
}

// Packs one output channel per hit fault, the fault in it.
void pack_columns(LayerFaults& hit, const LinearStep& linear, std::span<const Target> pack) {
  const LinearKernel& kernel = *linear.kernel;
  const LinearGeometry& geometry = linear.geometry;
  const tf_injector::detail::simd::SimdTable& table = kernel.table();
  const int64_t depth = geometry.taps * geometry.cin;
  const auto count = static_cast<int64_t>(hit.lane.size());
  hit.columns = AlignedBuffer(static_cast<size_t>(packed_size(table, depth, count)));
  for (int64_t h = 0; h < count; ++h) {
    const Patch& patch = *pack[static_cast<size_t>(hit.lane[static_cast<size_t>(h)])].patch;
    const int64_t input = patch.element / geometry.cout;
    hit.tap.push_back(static_cast<int32_t>(input / geometry.cin));
    hit.cin.push_back(static_cast<int32_t>(input % geometry.cin));
    hit.all_positions_affected = hit.all_positions_affected || !is_finite(bits_float(patch.new_bits)) ||
                                 ((patch.new_bits ^ patch.old_bits) >> 31) != 0;
    for (int64_t k = 0; k < depth; ++k) {
      const bool faulted = k == patch.element / geometry.cout;
      const float w =
          faulted ? bits_float(patch.new_bits) : kernel.weight(k, hit.channel[static_cast<size_t>(h)]);
      hit.columns[static_cast<size_t>(packed_index(table, depth, count, k, h))] = w;
    }
  }
  hit.epilogue = std::make_unique<EpilogueData>(kernel.epilogue().gathered(hit.channel));
}

// Large changes last (PossiblyNonzeroChannels).
Pack make_pack(const ReplayPlan& plan, std::span<Target> targets) {
  assert(!targets.empty() && targets.size() <= idx(plan.pack_size().lanes));
  std::stable_sort(targets.begin(), targets.end(),
                   [](const Target& a, const Target& b) { return a.delta < b.delta; });
  Pack pack{.faults = {}, .has_large_delta = targets[0].has_large_delta(), .hits = {}};
  for (const Target& target : targets) pack.faults.push_back(target.fault);
  std::vector<size_t> lanes(targets.size());
  std::iota(lanes.begin(), lanes.end(), size_t{0});
  const auto channel = [&](const Target& target) -> int64_t {
    if (target.steps.size() != 1) return 0;
    const std::optional<LinearStep>& linear = plan.steps()[target.first_step()].linear;
    return linear ? target.patch->element % linear->geometry.cout : 0;
  };
  std::stable_sort(lanes.begin(), lanes.end(),
                   [&](size_t a, size_t b) { return channel(targets[a]) < channel(targets[b]); });
  std::map<size_t, LayerFaults> hits;
  for (const size_t lane : lanes) {
    const Target& target = targets[lane];
    for (size_t step : target.steps) {
      LayerFaults& hit = hits[step];
      hit.step = step;
      const ReplayStep& info = plan.steps()[step];
      if (info.linear && target.steps.size() == 1) {
        hit.lane.push_back(static_cast<int32_t>(lane));
        hit.channel.push_back(static_cast<int32_t>(channel(target)));
        hit.all_positions_affected = hit.all_positions_affected || !plan.shortcuts().zero_inputs;
        if (!plan.shortcuts().channel) hit.whole.push_back(info.kernel->patched(*target.patch));
      } else {
        hit.patched.resize(targets.size());
        hit.patched[lane] = info.kernel->patched(*target.patch);
      }
    }
  }
  for (auto& [step, hit] : hits) {
    if (!hit.lane.empty()) pack_columns(hit, *plan.steps()[step].linear, targets);
    pack.hits.push_back(std::move(hit));
  }
  return pack;
}

}  // namespace

// Each fault in a pack, in a hit and with columns of its own: several share them.
size_t fault_bytes(const ReplayPlan& plan, std::span<const size_t> steps) {
  const auto lists = [](size_t bytes) { return 2 * block_bytes(bytes); };  // while they grow
  size_t bytes = block_bytes(steps.size() * sizeof(size_t));
  for (const size_t element :
       {sizeof(Target), sizeof(Pack), sizeof(BlockIndex), sizeof(size_t), sizeof(Group)})
    bytes += lists(element);
  for (const size_t s : steps) {
    const ReplayStep& step = plan.steps()[s];
    bytes += 2 * lists(sizeof(LayerFaults)) + 4 * lists(sizeof(int32_t));
    const bool has_columns = step.linear && steps.size() == 1;
    if (has_columns) {
      const LinearGeometry& g = step.linear->geometry;
      bytes += AlignedBuffer::bytes_of(idx(packed_size(step.linear->kernel->table(), g.taps * g.cin, 1))) +
               block_bytes(sizeof(EpilogueData)) + EpilogueData::kArrays * AlignedBuffer::bytes_of(1);
    }
    if (!has_columns || !plan.shortcuts().channel) {
      bytes += block_bytes(idx(plan.table().width()) * sizeof(std::unique_ptr<const Kernel>)) +
               step.kernel->patched_bytes();
    }
  }
  return bytes;
}

FaultBlock::FaultBlock(const ReplayPlan& plan, std::span<const Patch> patches, BlockIndex first)
    : size_(patches.size()) {
  std::vector<Target> targets;
  std::map<WeightId, std::vector<size_t>> holding;
  for (const Patch& patch : patches) {
    auto [it, is_new] = holding.try_emplace(patch.weight);
    if (is_new) it->second = plan.steps_holding(patch.weight);
    targets.push_back(
        {.patch = &patch, .steps = it->second, .fault = first + targets.size(), .delta = delta_of(patch)});
  }
  std::stable_sort(targets.begin(), targets.end(), [](const Target& a, const Target& b) {
    return std::make_tuple(a.is_multi_layer(), a.has_large_delta(), a.first_step(), a.delta) <
           std::make_tuple(b.is_multi_layer(), b.has_large_delta(), b.first_step(), b.delta);
  });
  const auto width = static_cast<size_t>(plan.shortcuts().batch ? plan.pack_size().lanes : 1);
  const std::span<Target> all(targets);
  Group group;
  const auto close = [&] {
    std::stable_sort(group.packs.begin(), group.packs.end(),
                     [](const Pack& a, const Pack& b) { return a.hits.front().step < b.hits.front().step; });
    groups_.push_back(std::move(group));
    group = {};
  };
  for (size_t i = 0, end = 0; i < all.size(); i = end) {
    end = i + 1;
    if (all[i].steps.empty()) continue;  // no score depends on the weight
    // Lanes are filled up with faults of later layers: up to theirs they do not differ from golden.
    const auto fits = [&](const Target& next) {
      return !next.steps.empty() && next.has_large_delta() == all[i].has_large_delta() &&
             next.is_multi_layer() == all[i].is_multi_layer() &&
             (!next.is_multi_layer() || next.steps == all[i].steps);
    };
    while (end < all.size() && end < i + width && fits(all[end])) ++end;
    (all[i].is_multi_layer() ? group.multi_layer_packs : group.packs)
        .push_back(make_pack(plan, all.subspan(i, end - i)));
    if (group.packs.size() + group.multi_layer_packs.size() == plan.pack_size().packs) close();
  }
  if (!group.packs.empty() || !group.multi_layer_packs.empty()) close();
}

}  // namespace tf_injector::detail::replay
