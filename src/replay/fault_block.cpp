#include "replay/fault_block.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "core/bits.hpp"

namespace tf_injector::detail::replay {
namespace {

// A weight that changes by more leaves hardly an output certainly clipped. In one pack with small deltas such
// faults would keep all outputs of their vector from being left out.
constexpr float kLargeDelta = 8.0f;

struct Target {
  std::span<const Patch> patches;
  std::vector<size_t> steps;  // ascending; empty: nothing changes that the scored output reads
  BlockIndex fault;
  float delta = 0.0f;             // the sum of all |w' - w|; infinity for what is no number
  std::vector<int32_t> channels;  // of the only step, ascending: computed as columns; empty: not so
  int64_t image = kAllImages;
  bool is_masked = false;  // its only step is a mask

  [[nodiscard]] bool has_large_delta() const { return delta > kLargeDelta; }
  [[nodiscard]] bool is_multi_layer() const { return steps.size() > 1; }
  [[nodiscard]] size_t first_step() const { return steps.empty() ? SIZE_MAX : steps.front(); }
};

float delta_of(std::span<const Patch> patches) {
  float delta = 0.0f;
  for (const Patch& patch : patches)
    if (patch.changes()) delta += std::fabs(bits_float(patch.new_bits) - bits_float(patch.old_bits));
  return is_finite(delta) ? delta : std::numeric_limits<float>::infinity();
}

// Every output channel of a linear step that the patches change. Of kernels, biases and parameters of a
// normalisation the last axis is that of the channels.
std::vector<int32_t> channels_of(const LinearStep& linear, std::span<const Patch> patches) {
  std::vector<int32_t> channels;
  for (const Patch& patch : patches)
    if (patch.changes() && linear.kernel->holds(patch.weight))
      channels.push_back(static_cast<int32_t>(patch.element % linear.geometry.cout));
  std::sort(channels.begin(), channels.end());
  channels.erase(std::unique(channels.begin(), channels.end()), channels.end());
  return channels;
}

// Puts the changes of a fault into its column h.
void change_column(LayerFaults& hit, const LinearStep& linear, int64_t h, std::span<const Patch> patches) {
  const LinearKernel& kernel = *linear.kernel;
  const LinearGeometry& geometry = linear.geometry;
  const int64_t depth = geometry.taps * geometry.cin, count = static_cast<int64_t>(hit.lane.size());
  const int32_t channel = hit.channel[idx(h)];
  bool is_epilogue = false;
  for (const Patch& patch : patches) {
    if (!patch.changes() || !kernel.holds(patch.weight) || patch.element % geometry.cout != channel) continue;
    if (kernel.epilogue().holds(patch.weight)) {
      is_epilogue = true;
      continue;
    }
    const int64_t input = patch.element / geometry.cout;
    hit.tap.push_back(static_cast<int32_t>(input / geometry.cin));
    hit.cin.push_back(static_cast<int32_t>(input % geometry.cin));
    hit.all_positions_affected = hit.all_positions_affected || !is_finite(bits_float(patch.new_bits)) ||
                                 ((patch.new_bits ^ patch.old_bits) >> 31) != 0;
    hit.columns[idx(packed_index(kernel.table(), depth, count, input, h))] = bits_float(patch.new_bits);
  }
  if (!is_epilogue) return;
  hit.all_positions_affected = true;
  hit.epilogue->patch_gathered(idx(h), channel, patches, kernel.epilogue());
}

// Packs one output channel per column, the faults in it.
void pack_columns(LayerFaults& hit, const LinearStep& linear, std::span<const Target> pack) {
  const LinearKernel& kernel = *linear.kernel;
  const tf_injector::detail::simd::SimdTable& table = kernel.table();
  const int64_t depth = linear.geometry.taps * linear.geometry.cin;
  const auto count = static_cast<int64_t>(hit.lane.size());
  hit.columns = AlignedBuffer(idx(packed_size(table, depth, count)));
  hit.epilogue = std::make_unique<EpilogueData>(kernel.epilogue().gathered(hit.channel));
  for (int64_t h = 0; h < count; ++h) {
    for (int64_t k = 0; k < depth; ++k)
      hit.columns[idx(packed_index(table, depth, count, k, h))] = kernel.weight(k, hit.channel[idx(h)]);
    change_column(hit, linear, h, pack[idx(hit.lane[idx(h)])].patches);
  }
}

// Puts the changes of a fault of outputs into a mask's hit.
void add_masked(LayerFaults& hit, const ReplayStep& step, int64_t channels, int32_t lane,
                std::span<const Patch> patches) {
  for (const ElementMask& mask : step.mask->changes(patches)) {
    hit.masked.push_back({.position = mask.element / channels,
                          .channel = static_cast<int32_t>(mask.element % channels),
                          .lane = lane,
                          .mask = mask});
  }
}

// Large changes last (PossiblyNonzeroChannels).
Pack make_pack(const ReplayPlan& plan, std::span<Target> targets) {
  assert(!targets.empty() && targets.size() <= idx(plan.pack_size().lanes));
  std::stable_sort(targets.begin(), targets.end(),
                   [](const Target& a, const Target& b) { return a.delta < b.delta; });
  Pack pack{.faults = {}, .has_large_delta = targets[0].has_large_delta(), .hits = {}};
  for (const Target& target : targets) pack.faults.push_back(target.fault);
  std::vector<std::pair<int32_t, size_t>> columns;  // channel, lane; a target without columns has one
  for (size_t lane = 0; lane < targets.size(); ++lane) {
    if (targets[lane].channels.empty()) columns.emplace_back(0, lane);
    for (const int32_t channel : targets[lane].channels) columns.emplace_back(channel, lane);
  }
  std::stable_sort(columns.begin(), columns.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::map<size_t, LayerFaults> hits;
  for (const auto& [channel, lane] : columns) {
    const Target& target = targets[lane];
    for (size_t step : target.steps) {
      LayerFaults& hit = hits[step];
      hit.step = step;
      const ReplayStep& info = plan.steps()[step];
      if (target.is_masked) {
        add_masked(hit, info, plan.values()[idx(info.output)].channels, static_cast<int32_t>(lane),
                   target.patches);
      } else if (!target.channels.empty()) {
        hit.lane.push_back(static_cast<int32_t>(lane));
        hit.channel.push_back(channel);
        hit.all_positions_affected = hit.all_positions_affected || !plan.shortcuts().zero_inputs;
        if (!plan.shortcuts().channel) hit.whole.push_back(info.kernel->patched(target.patches));
      } else {
        hit.patched.resize(targets.size());
        hit.patched[lane] = info.kernel->patched(target.patches);
      }
    }
  }
  for (auto& [step, hit] : hits) {
    if (!hit.lane.empty()) pack_columns(hit, *plan.steps()[step].linear, targets);
    std::stable_sort(hit.masked.begin(), hit.masked.end(),
                     [](const auto& a, const auto& b) { return a.position < b.position; });
    pack.hits.push_back(std::move(hit));
  }
  return pack;
}

bool is_empty(const Group& group) { return group.packs.empty() && group.multi_layer_packs.empty(); }

}  // namespace

// Each fault in a pack, in a hit and with columns of its own: several share them.
size_t fault_bytes(const ReplayPlan& plan, std::span<const size_t> steps, size_t patches) {
  const auto lists = [](size_t bytes) { return 2 * block_bytes(bytes); };  // while they grow
  size_t bytes = block_bytes(steps.size() * sizeof(size_t)) + lists(patches * sizeof(int32_t));
  for (const size_t element : {sizeof(Target), sizeof(Pack), sizeof(BlockIndex),
                               patches * sizeof(std::pair<int32_t, size_t>), sizeof(Group)})
    bytes += lists(element);
  const size_t columns = std::min(patches, idx(plan.pack_size().lanes));
  for (const size_t s : steps) {
    const ReplayStep& step = plan.steps()[s];
    bytes += 2 * lists(sizeof(LayerFaults)) + 4 * lists(patches * sizeof(int32_t));
    if (step.mask != nullptr) bytes += 2 * lists(patches * sizeof(LayerFaults::Masked));
    const bool has_columns = step.linear && steps.size() == 1;
    if (has_columns) {
      const LinearGeometry& g = step.linear->geometry;
      bytes += columns *
               (AlignedBuffer::bytes_of(idx(packed_size(step.linear->kernel->table(), g.taps * g.cin, 1))) +
                block_bytes(sizeof(EpilogueData)) + EpilogueData::kArrays * AlignedBuffer::bytes_of(1));
    }
    if (!has_columns || !plan.shortcuts().channel || patches > columns) {
      bytes += block_bytes(idx(plan.table().width()) * sizeof(std::unique_ptr<const Kernel>)) +
               (plan.shortcuts().channel ? 1 : columns) * step.kernel->patched_bytes();
    }
  }
  return bytes;
}

FaultBlock::FaultBlock(const ReplayPlan& plan, PatchRows patches, BlockIndex first) : size_(patches.size()) {
  std::vector<Target> targets;
  targets.reserve(patches.size());
  std::map<WeightId, std::vector<size_t>> holding;
  const auto lanes = static_cast<size_t>(plan.pack_size().lanes);
  for (size_t i = 0; i < patches.size(); ++i) {
    Target target{.patches = patches[i],
                  .steps = {},
                  .fault = first + i,
                  .delta = delta_of(patches[i]),
                  .channels = {},
                  .image = patches.image(i)};
    for (const Patch& patch : target.patches) {
      if (!patch.changes()) continue;
      auto [it, is_new] = holding.try_emplace(patch.weight);
      if (is_new) it->second = plan.steps_holding(patch.weight);
      target.steps.insert(target.steps.end(), it->second.begin(), it->second.end());
    }
    if (target.steps.size() > 1) {
      std::sort(target.steps.begin(), target.steps.end());
      target.steps.erase(std::unique(target.steps.begin(), target.steps.end()), target.steps.end());
    }
    if (target.steps.size() == 1 && plan.steps()[target.first_step()].linear) {
      target.channels = channels_of(*plan.steps()[target.first_step()].linear, target.patches);
      if (target.channels.size() > lanes) target.channels.clear();
    }
    const auto is_mask = [&](size_t step) { return plan.steps()[step].mask != nullptr; };
    if (std::any_of(target.steps.begin(), target.steps.end(), is_mask)) {
      target.is_masked = target.steps.size() == 1;
      target.delta = std::numeric_limits<float>::infinity();  // what is changed is not known yet
    }
    targets.push_back(std::move(target));
  }
  std::stable_sort(targets.begin(), targets.end(), [](const Target& a, const Target& b) {
    return std::make_tuple(a.image, a.is_multi_layer(), a.has_large_delta(), a.first_step(), a.delta) <
           std::make_tuple(b.image, b.is_multi_layer(), b.has_large_delta(), b.first_step(), b.delta);
  });
  const auto width = static_cast<size_t>(plan.shortcuts().batch ? plan.pack_size().lanes : 1);
  const std::span<Target> all(targets);
  Group group;
  const auto close = [&] {
    std::stable_sort(group.packs.begin(), group.packs.end(),
                     [](const Pack& a, const Pack& b) { return a.hits.front().step < b.hits.front().step; });
    const int64_t image = group.image;
    groups_.push_back(std::move(group));
    group = {.image = image, .packs = {}, .multi_layer_packs = {}};
  };
  for (size_t i = 0, end = 0; i < all.size(); i = end) {
    end = i + 1;
    if (all[i].steps.empty()) continue;  // no score depends on the weight
    if (all[i].image != group.image) {
      if (!is_empty(group)) close();
      group.image = all[i].image;
    }
    // Lanes are filled up with faults of later layers: up to theirs they do not differ from golden.
    const auto fits = [&](const Target& next) {
      return !next.steps.empty() && next.image == all[i].image &&
             next.has_large_delta() == all[i].has_large_delta() &&
             next.is_multi_layer() == all[i].is_multi_layer() &&
             (!next.is_multi_layer() || next.steps == all[i].steps);
    };
    size_t columns = all[i].channels.size();
    while (end < all.size() && end < i + width && fits(all[end]) &&
           columns + all[end].channels.size() <= lanes)
      columns += all[end++].channels.size();
    (all[i].is_multi_layer() ? group.multi_layer_packs : group.packs)
        .push_back(make_pack(plan, all.subspan(i, end - i)));
    if (group.packs.size() + group.multi_layer_packs.size() == plan.pack_size().packs) close();
  }
  if (!is_empty(group)) close();
}

std::span<const Group> FaultBlock::groups_of(int64_t image) const noexcept {
  const auto first = std::partition_point(groups_.begin(), groups_.end(),
                                          [&](const Group& group) { return group.image < image; });
  const auto last =
      std::partition_point(first, groups_.end(), [&](const Group& group) { return group.image == image; });
  return {first, last};
}

}  // namespace tf_injector::detail::replay
