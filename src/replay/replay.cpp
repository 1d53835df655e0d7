#include "replay/replay.hpp"

#include <bit>
#include <utility>

#include "core/bits.hpp"
#include "core/flush_denormals.hpp"
#include "core/same_bits.hpp"

namespace tf_injector::replay {

ReplayWorkspace::ReplayWorkspace(const ReplayPlan& plan)
    : plan_(plan),
      golden_(plan),
      values_(plan, golden_),
      faulted_outputs_(plan, golden_),
      steps_(plan, golden_, values_, faulted_outputs_),
      per_fault_executor_(plan, golden_, values_, faulted_outputs_),
      repacker_(plan, golden_, values_) {
  ArrayMaker maker;
  list_arrays(plan.sizes(), maker);
}

void ReplayWorkspace::run_golden(std::span<const std::span<const float>> inputs, BatchContext context,
                                 std::span<float> scores) {
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
  for (const Pack& pack : group.multi_layer_packs) {
    values_.reset(static_cast<int32_t>(pack.faults.size()));
    steps_.run(pack.hits.front().step, plan_.steps().size(), pack.hits, context_);
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
  for (const Counters& some :
       {faulted_outputs_.counters(), steps_.counters(), per_fault_executor_.counters(), repacker_.counters()})
    all += some;
  return all;
}

void ReplayWorkspace::run_prefixes(const Group& group) {
  for (const Pack& pack : group.packs) {
    for (const LayerFaults& hit : pack.hits) {
      size_t faults = hit.lane.size();
      for (const auto& kernel : hit.patched) faults += kernel != nullptr ? 1 : 0;
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
    run_pack(s, plan_.segments()[s].first, value, pack.faults, pack.has_large_delta, pack.pending, changed);
  }
  for (const Pack& pack : hitting) {
    values_.reset(static_cast<int32_t>(pack.faults.size()));
    run_pack(s, pack.hits.front().step, -1, pack.faults, pack.has_large_delta, pack.hits, changed);
  }
  carried_ = repacker_.repack(s + 1, std::exchange(next_, {}));
}

void ReplayWorkspace::run_pack(size_t s, size_t first, int carried_value, const std::vector<uint32_t>& faults,
                               bool has_large_delta, std::span<const LayerFaults> hits,
                               const Changed& changed) {
  // Lanes that are or become other than golden by the end of the segment, and of those behind it as long as
  // they are few.
  LaneMask lanes = carried_value >= 0 ? values_.changed_lanes(carried_value) : 0, few = 0;
  size_t here = 0, end = s, few_hits = 0;
  bool is_patched = false;
  for (size_t next = s; next < plan_.segments().size(); ++next) {
    size_t hit = next == s ? 0 : few_hits;
    for (; hit < hits.size() && hits[hit].step < plan_.segments()[next].end; ++hit) {
      for (const int32_t lane : hits[hit].lane) lanes |= LaneMask{1} << lane;
      is_patched = is_patched || !hits[hit].patched.empty();
    }
    if (next == s) here = hit;
    const int most = has_large_delta ? kMaxPerFault : plan_.segments()[next].per_fault_limit;
    if (std::popcount(lanes) > (plan_.shortcuts().alone ? most : 0) || is_patched) break;
    few = lanes;
    few_hits = hit;
    end = next + 1;
  }
  if (end > s) {
    here = few_hits;
    per_fault_executor_.run(first, plan_.segments()[end - 1].end, hits.first(here), few, carried_value,
                            plan_.segments()[end - 1].value, context_);
  } else {
    end = s + 1;
    steps_.run(first, plan_.segments()[s].end, hits.first(here), context_);
  }
  hits = hits.subspan(here);
  const int value = plan_.segments()[end - 1].value;
  const LaneMask changed_lanes = values_.changed_lanes(value);
  if (value == plan_.output()) {
    report(faults, changed);
  } else if (changed_lanes != 0 || !hits.empty()) {
    SparsePixelBuffer buffer = values_.exchange(value, repacker_.take(value));
    if (changed_lanes == 0) buffer.owner = -1;
    next_.push_back({faults, changed_lanes, has_large_delta, hits, end, std::move(buffer)});
  } else {
    ++counters_.ended_packs;
  }
}

void ReplayWorkspace::report(const std::vector<uint32_t>& faults, const Changed& changed) {
  for (LaneMask left = values_.changed_lanes(plan_.output()); left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    const float* scores = steps_.read_value(plan_.output(), lane);
    for (size_t i = 0; i < scores_.size(); ++i) scores_[i] = canonical_nan(scores[i]);
    if (!same_bits(scores_.span(), golden_scores_.span()))
      changed(faults[static_cast<size_t>(lane)], scores_.span());
  }
}

}  // namespace tf_injector::replay
