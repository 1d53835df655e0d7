#include "replay/pack_executor.hpp"

#include <cassert>
#include <functional>

#include "core/bits.hpp"
#include "core/stop.hpp"

namespace tf_injector::detail::replay {

PackExecutor::PackExecutor(const ReplayPlan& plan, const GoldenActivations& golden, PackedActivations& values,
                           FaultedChannelOutputs& faulted_outputs)
    : plan_(plan),
      values_(values),
      faulted_outputs_(faulted_outputs),
      pixels_(plan, golden, values),
      linear_(plan, golden, values),
      average_(plan.sizes()),
      window_(plan.sizes()),
      whole_(plan.sizes()) {
  ArrayMaker maker;
  list_arrays(plan.sizes(), maker);
}

void PackExecutor::run(size_t first, size_t end, std::span<const LayerFaults> hits, BatchContext context) {
  assert(first <= end && end <= plan_.steps().size());
  for (size_t s = first; s < end; ++s) {
    const ReplayStep& step = plan_.steps()[s];
    while (!hits.empty() && hits.front().step < s) hits = hits.subspan(1);
    const LayerFaults* hit = !hits.empty() && hits.front().step == s ? &hits.front() : nullptr;
    LaneMask reached = 0;
    for (int value : step.reads) reached |= values_.changed_lanes(value);
    if (reached == 0 && hit == nullptr) continue;
    LaneMask patched = 0;
    for (size_t l = 0; hit != nullptr && l < hit->patched.size(); ++l)
      patched |= hit->patched[l] != nullptr ? LaneMask{1} << l : 0;
    check_stop(context.stop);
    values_.begin(step.output);
    if (hit != nullptr && !hit->lane.empty()) {
      compute_hit(step, s, reached, *hit, context);
    } else if ((reached & ~patched) != 0) {
      compute(step, s, reached, context);
    }
    if (hit == nullptr) continue;
    mask(step, hit->masked);
    whole_.compute(step, patched, hit->patched, context, pixels_);
  }
}

void PackExecutor::compute(const ReplayStep& step, size_t index, LaneMask reached, BatchContext context) {
  if (step.linear) {
    linear_.run(step, index, context, {});
  } else if (step.elementwise) {
    compute_elementwise(step, pixels_);
  } else if (step.function != nullptr) {
    compute_function(step, pixels_);
  } else if (step.binary) {
    compute_binary(step, pixels_);
  } else if (step.movement) {
    compute_movement(step, pixels_);
  } else if (step.average) {
    average_.compute(step, pixels_);
  } else if (step.window) {
    window_.compute(step, pixels_);
  } else if (step.joins) {
    compute_join(step, pixels_);
  } else {
    whole_.compute(step, reached, {}, context, pixels_);
  }
}

// Puts the faults of an output into it. Their own lanes are golden until here.
void PackExecutor::mask(const ReplayStep& step, std::span<const LayerFaults::Masked> masked) {
  changes_.clear();
  for (size_t i = 0; i < masked.size(); ++i) {
    const LayerFaults::Masked& at = masked[i];
    const float golden = pixels_.golden().pixel(step.output, at.position)[at.channel],
                value = at.mask.apply(golden);
    if (float_bits(value) != float_bits(golden)) changes_.push_back({at.channel, at.lane, value});
    const bool is_last = i + 1 == masked.size() || masked[i + 1].position != at.position;
    if (!is_last && changes_.size() < changes_.capacity()) continue;
    values_.merge(step.output, at.position, changes_);
    changes_.clear();
  }
}

// The layer that faults hit: one output channel per fault from golden inputs, at all positions. Merged into a
// pixel as soon as earlier faults' part of it is done, while it is in the cache.
void PackExecutor::compute_hit(const ReplayStep& step, size_t index, LaneMask reached, const LayerFaults& hit,
                               BatchContext context) {
  assert(step.linear && hit.channel.size() == hit.lane.size());
  faulted_outputs_.compute(hit, step, context);
  const auto merge = [&](int64_t p) {
    changes_.clear();
    faulted_outputs_.at(p, [&](int32_t h, float value) {
      changes_.push_back({hit.channel[idx(h)], hit.lane[idx(h)], value});
    });
    values_.merge(step.output, p, changes_);
  };
  if (reached != 0) {
    linear_.run(step, index, context, std::cref(merge));
  } else {
    for (int64_t p = 0; p < plan_.values()[idx(step.output)].positions; ++p) merge(p);
  }
}

}  // namespace tf_injector::detail::replay
