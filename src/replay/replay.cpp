#include "replay/replay.hpp"

#include <bit>
#include <cassert>
#include <utility>

#include "core/bits.hpp"
#include "core/flush_denormals.hpp"
#include "core/for_each_bit.hpp"
#include "core/same_bits.hpp"

namespace tf_injector::detail::replay {

ReplayWorkspace::ReplayWorkspace(const ReplayPlan& plan)
    : plan_(plan),
      golden_(plan),
      values_(plan, golden_),
      faulted_outputs_(plan, golden_),
      pack_executor_(plan, golden_, values_, faulted_outputs_),
      per_fault_executor_(plan, golden_, values_, faulted_outputs_),
      repacker_(plan, golden_, values_) {
  ArrayMaker maker;
  list_arrays(plan.sizes(), maker);
}

void ReplayWorkspace::run_golden(std::span<const std::span<const float>> inputs, BatchContext context,
                                 std::span<float> scores) {
  assert(scores.size() == scores_.size());
  const FlushDenormals flush;
  context_ = context;
  golden_.run(inputs, context);
  const float* golden = golden_.value(plan_.output());
  for (size_t i = 0; i < scores.size(); ++i) scores[i] = golden_scores_[i] = canonical_nan(golden[i]);
}

void ReplayWorkspace::run_group(const Group& group, const Changed& changed) {
  const FlushDenormals flush;
  if (!plan_.shortcuts().prefix) run_prefixes(group);
  count(group);
  std::span<const Pack> left(group.packs);
  for (size_t s = 0; s < plan_.segments().size(); ++s) {
    const Segment& segment = plan_.segments()[s];
    size_t hitting = 0;
    while (hitting < left.size() && left[hitting].hits.front().step < segment.end) ++hitting;
    if (hitting > 0 || !carried_.empty()) run_segment(s, left.first(hitting), changed);
    left = left.subspan(hitting);
  }
  assert(left.empty() && carried_.empty());  // every pack was reported or has ended
  for (const Pack& pack : group.multi_layer_packs) {
    values_.reset(static_cast<int32_t>(pack.faults.size()));
    pack_executor_.run(pack.hits.front().step, plan_.steps().size(), pack.hits, context_);
    report(pack.faults, changed);
  }
}

void ReplayWorkspace::count(const Group& group) {
  for (const std::vector<Pack>* packs : {&group.packs, &group.multi_layer_packs}) {
    for (const Pack& pack : *packs) {
      const auto faults = static_cast<int64_t>(pack.faults.size());
      if (plan_.shortcuts().prefix) counters_.prefix_faults += faults;
      if (faults > 1) counters_.batched_faults += faults;
    }
  }
}

Counters ReplayWorkspace::counters() const noexcept {
  Counters all = counters_;
  for (const Counters& some : {faulted_outputs_.counters(), pack_executor_.counters(),
                               per_fault_executor_.counters(), repacker_.counters()})
    all += some;
  return all;
}

void ReplayWorkspace::run_prefixes(const Group& group) {
  for (const Pack& pack : group.packs) {
    for (const LayerFaults& hit : pack.hits) {
      size_t faults = hit.lane.size();
      for (const auto& kernel : hit.patched) faults += kernel != nullptr ? 1 : 0;
      LaneMask masked = 0;
      for (const LayerFaults::Masked& at : hit.masked) masked |= LaneMask{1} << at.lane;
      faults += idx(std::popcount(masked));
      for (size_t i = 0; i < faults; ++i) golden_.run_again(hit.step, context_);
    }
  }
  for (const Pack& pack : group.multi_layer_packs) {
    for (size_t i = 0; i < pack.faults.size(); ++i) golden_.run_again(pack.hits.front().step, context_);
  }
}

void ReplayWorkspace::run_segment(size_t s, std::span<const Pack> hitting, const Changed& changed) {
  for (CarriedPack& pack : std::exchange(carried_, {})) {
    if (pack.segment != s) {
      next_.push_back(std::move(pack));
      continue;
    }
    const int value = plan_.segments()[s - 1].value;
    values_.reset(static_cast<int32_t>(pack.faults.size()));
    repacker_.give_back(value, values_.exchange(value, std::move(pack.buffer)));
    values_.put(value, pack.changed_lanes);
    const PackState state{pack.changed_lanes, pack.has_large_delta, pack.pending};
    run_pack({pack.faults, state, plan_.segments()[s].first, value}, s, changed);
  }
  for (const Pack& pack : hitting) {
    values_.reset(static_cast<int32_t>(pack.faults.size()));
    run_pack({pack.faults, {0, pack.has_large_delta, pack.hits}, pack.hits.front().step, kNothing}, s,
             changed);
  }
  carried_ = repacker_.repack(s + 1, std::exchange(next_, {}));
}

void ReplayWorkspace::run_pack(const ReadyPack& pack, size_t s, const Changed& changed) {
  const std::span<const LayerFaults> pending = pack.state.pending;
  const Strategy how = choose_strategy(plan_.segments(), s, pack.state, plan_.shortcuts().alone);
  assert(s < how.end && how.end <= plan_.segments().size());
  const Segment& last = plan_.segments()[how.end - 1];
  if (how.is_per_fault) {
    per_fault_executor_.run(pack.first_step, last.end, pending.first(how.layers), how.lanes,
                            pack.changed_value, last.value, context_);
  } else {
    pack_executor_.run(pack.first_step, last.end, pending.first(how.layers), context_);
  }
  if (last.value == plan_.output()) {
    report(pack.faults, changed);
  } else {
    carry(pack, how, last.value);
  }
}

void ReplayWorkspace::carry(const ReadyPack& pack, const Strategy& how, int value) {
  const LaneMask changed_lanes = values_.changed_lanes(value);
  const std::span<const LayerFaults> pending = pack.state.pending.subspan(how.layers);
  if (changed_lanes == 0 && pending.empty()) {
    ++counters_.ended_packs;
    return;
  }
  SparsePixelBuffer buffer = values_.exchange(value, repacker_.take(value));
  next_.push_back(
      {pack.faults, changed_lanes, pack.state.has_large_delta, pending, how.end, std::move(buffer)});
}

void ReplayWorkspace::report(const std::vector<BlockIndex>& faults, const Changed& changed) {
  assert(idx(std::bit_width(values_.changed_lanes(plan_.output()))) <= faults.size());
  for_each_bit(values_.changed_lanes(plan_.output()), [&](int lane) {
    const float* scores = pack_executor_.read_value(plan_.output(), lane);
    for (size_t i = 0; i < scores_.size(); ++i) scores_[i] = canonical_nan(scores[i]);
    if (same_bits(scores_.span(), golden_scores_.span())) return;
    const KeepDenormals keep;  // whoever counts compares scores as NumPy does
    changed(faults[idx(lane)], scores_.span());
  });
}

}  // namespace tf_injector::detail::replay
