#include "replay/replay.hpp"

#include <bit>
#include <cstring>
#include <utility>

#include "core/bits.hpp"
#include "core/flush_denormals.hpp"

namespace tf_injector::replay {

ReplayWorkspace::ReplayWorkspace(const ReplayPlan& plan)
    : plan_(plan),
      golden_(plan),
      values_(plan, golden_),
      steps_(plan, golden_, values_),
      alone_(plan, golden_, values_),
      repacker_(plan, golden_, values_),
      scores_(static_cast<size_t>(plan.plan().classes())),
      golden_scores_(static_cast<size_t>(plan.plan().classes())) {}

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
  std::span<const Pack> left(group.packs);
  for (const Segment& segment : plan_.segments()) {
    size_t hitting = 0;
    while (hitting < left.size() && left[hitting].hits.front().step < segment.end) ++hitting;
    if (hitting > 0 || !carried_.empty()) run_segment(segment, left.first(hitting), changed);
    left = left.subspan(hitting);
  }
  const Segment whole{.first = 0, .end = plan_.steps().size(), .value = plan_.output()};
  for (const Pack& pack : group.on_their_own) run_hitting(whole, pack, changed);
}

void ReplayWorkspace::run_segment(const Segment& segment, std::span<const Pack> hitting,
                                  const Changed& changed) {
  const int carried_value = std::exchange(carried_value_, segment.value);
  for (CarriedPack& pack : std::exchange(carried_, {})) {
    values_.reset(static_cast<int32_t>(pack.faults.size()));
    repacker_.give_back(carried_value, values_.exchange(carried_value, std::move(pack.buffer)));
    values_.put(carried_value, pack.any);
    run_pack(segment, segment.first, carried_value, pack.faults, pack.is_huge, pack.pending, changed);
  }
  for (const Pack& pack : hitting) run_hitting(segment, pack, changed);
  carried_ = repacker_.repack(segment.value, std::exchange(next_, {}));
}

void ReplayWorkspace::run_hitting(const Segment& segment, const Pack& pack, const Changed& changed) {
  values_.reset(static_cast<int32_t>(pack.faults.size()));
  run_pack(segment, pack.hits.front().step, -1, pack.faults, pack.is_huge, pack.hits, changed);
}

void ReplayWorkspace::run_pack(const Segment& segment, size_t first, int carried_value,
                               const std::vector<uint32_t>& faults, bool is_huge, std::span<const Hit> hits,
                               const Changed& changed) {
  // Lanes that are or become other than golden in this segment.
  LaneMask lanes = carried_value >= 0 ? values_.any(carried_value) : 0;
  size_t here = 0;
  bool is_patched = false;
  for (; here < hits.size() && hits[here].step < segment.end; ++here) {
    for (const int32_t lane : hits[here].lane) lanes |= LaneMask{1} << lane;
    is_patched = is_patched || !hits[here].patched.empty();
  }
  if (std::popcount(lanes) <= AloneSteps::kMostFaults && !is_patched) {
    alone_.run(first, segment.end, hits.first(here), lanes, carried_value, segment.value, context_);
  } else {
    steps_.run(first, segment.end, hits.first(here), context_);
  }
  hits = hits.subspan(here);
  const LaneMask any = values_.any(segment.value);
  if (segment.value == plan_.output()) {
    report(faults, changed);
  } else if (any != 0 || !hits.empty()) {
    LaneBuffer buffer = values_.exchange(segment.value, repacker_.take(segment.value));
    if (any == 0) buffer.owner = -1;
    next_.push_back({faults, any, is_huge, hits, std::move(buffer)});
  }
}

void ReplayWorkspace::report(const std::vector<uint32_t>& faults, const Changed& changed) {
  for (LaneMask left = values_.any(plan_.output()); left != 0; left &= left - 1) {
    const int lane = std::countr_zero(left);
    const float* scores = steps_.read_value(plan_.output(), lane);
    for (size_t i = 0; i < scores_.size(); ++i) scores_[i] = canonical_nan(scores[i]);
    if (std::memcmp(scores_.data(), golden_scores_.data(), scores_.size() * sizeof(float)) != 0)
      changed(faults[static_cast<size_t>(lane)], scores_.span());
  }
}

}  // namespace tf_injector::replay
