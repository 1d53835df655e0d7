#include "replay/per_fault_executor.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <numeric>

#include "core/bits.hpp"
#include "core/for_each_bit.hpp"
#include "core/stop.hpp"
#include "replay/finish_pixel.hpp"

namespace tf_injector::detail::replay {
namespace {

bool are_nearly_all(int64_t positions, int64_t of) {
  constexpr int64_t kOneIn = 8;
  return positions >= of - of / kOneIn;
}

}  // namespace

PerFaultExecutor::PerFaultExecutor(const ReplayPlan& plan, const GoldenActivations& golden,
                                   PackedActivations& values, FaultedChannelOutputs& faulted_outputs)
    : plan_(plan), golden_(golden), values_(values), faulted_outputs_(faulted_outputs) {
  ArrayMaker maker;
  list_arrays(plan.sizes(), maker);
  std::iota(all_positions_.begin(), all_positions_.end(), 0);
  std::iota(all_channels_.begin(), all_channels_.end(), 0);
}

void PerFaultExecutor::run(size_t first, size_t end, std::span<const LayerFaults> hits, LaneMask lanes,
                           int from, int to, BatchContext context) {
  assert(idx(std::popcount(lanes)) <= faults_.size() && (lanes & ~values_.all_lanes()) == 0);
  assert(first <= end && end <= plan_.steps().size());
  size_t count = 0;
  for_each_bit(lanes, [&](int lane) {
    Fault& fault = faults_[count++];
    fault.lane = lane;
    for (Value& value : fault.slots) value.owner = -1;
    if (from >= 0) load(fault, from);
  });
  const std::span<Fault> faults(faults_.data(), count);
  counters_.alone_faults += static_cast<int64_t>(count);
  for (size_t s = first; s < end; ++s) {
    const ReplayStep& step = plan_.steps()[s];
    for (Fault& fault : faults) {
      check_stop(context.stop);
      run_step(fault, step, context);
    }
    while (!hits.empty() && hits.front().step < s) hits = hits.subspan(1);
    if (!hits.empty() && hits.front().step == s) hit(faults, hits.front(), step, context);
  }
  store(faults, to);
}

const float* PerFaultExecutor::read(Fault& fault, int value) {
  return is_changed(fault, value) ? slot(fault, value).values.data() : golden_.value(value);
}

// The value as a copy of the golden one.
PerFaultExecutor::Value& PerFaultExecutor::begin(Fault& fault, int value) {
  Value& v = slot(fault, value);
  v.owner = value;
  v.changed = 0;
  std::fill_n(v.dirty.begin(), info(value).positions, uint8_t{0});
  std::copy_n(golden_.value(value), info(value).elements(), v.values.data());
  return v;
}

void PerFaultExecutor::load(Fault& fault, int value) {
  if ((values_.changed_lanes(value) >> fault.lane & 1) == 0) return;
  Value& v = begin(fault, value);
  for (int64_t p = 0; p < info(value).positions; ++p) {
    if ((values_.changed_lanes(value, p) >> fault.lane & 1) == 0) continue;
    values_.read(value, p, fault.lane, v.values.data() + p * info(value).channels);
    mark(v, p);
  }
}

// Collects the output positions whose receptive field contains a changed input. Returns false if nearly all
// are affected: running the whole layer is then as cheap.
bool PerFaultExecutor::list_positions(Fault& fault, const ReplayStep& step) {
  if (!plan_.shortcuts().reach) return false;
  const LinearGeometry& g = step.linear->geometry;
  const auto changed = [&](int value) -> const Value* {
    return is_changed(fault, value) ? &slot(fault, value) : nullptr;
  };
  const Value* in = changed(step.reads.front());
  const Value* add = step.has_add ? changed(step.reads.back()) : nullptr;
  for (const Value* value : {in, add}) {
    if (value == nullptr) continue;
    if (are_nearly_all(value->changed, info(value->owner).positions)) return false;
  }
  const int32_t* from = g.source.data();
  positions_.clear();
  for (int64_t p = 0; p < g.out_positions; ++p, from += g.taps) {
    uint8_t is_reached = add != nullptr ? add->dirty[idx(p)] : uint8_t{0};
    for (int64_t t = 0; in != nullptr && t < g.taps; ++t)
      is_reached |= from[t] >= 0 ? in->dirty[idx(from[t])] : uint8_t{0};
    if (is_reached != 0) positions_.push_back(static_cast<int32_t>(p));
  }
  return !are_nearly_all(static_cast<int64_t>(positions_.size()), g.out_positions);
}

void PerFaultExecutor::run_step(Fault& fault, const ReplayStep& step, BatchContext context) {
  if (std::none_of(step.reads.begin(), step.reads.end(),
                   [&](int value) { return is_changed(fault, value); })) {
    slot(fault, step.output).owner = -1;
  } else if (step.linear && list_positions(fault, step)) {
    run_linear(fault, step, context);
  } else {
    run_whole(fault, step, context);
  }
}

// At positions_.
void PerFaultExecutor::run_linear(Fault& fault, const ReplayStep& step, BatchContext context) {
  Value& out = slot(fault, step.output);
  out.owner = -1;
  counters_.positions_unreached +=
      step.linear->geometry.out_positions - static_cast<int64_t>(positions_.size());
  if (positions_.empty()) return;
  for (size_t i = 0; i < step.reads.size(); ++i) pointers_[i] = read(fault, step.reads[i]);
  out.owner = step.output;
  step.linear->kernel->run_positions({.inputs = {pointers_.data(), step.reads.size()},
                                      .output = out.values.data(),
                                      .images = 1,
                                      .batch = context.batch,
                                      .batch_index = context.batch_index},
                                     positions_, scratch_);
  copy_others(out);
  compare(out, positions_, !plan_.shortcuts().early_end);
}

// Copies golden values to all positions but those in positions_.
void PerFaultExecutor::copy_others(Value& out) {
  const int64_t channels = info(out.owner).channels;
  const float* golden = golden_.value(out.owner);
  int64_t first = 0;
  const auto copy_to = [&](int64_t end) {
    std::copy_n(golden + first * channels, (end - first) * channels, out.values.data() + first * channels);
    first = end + 1;
  };
  for (const int32_t p : positions_) copy_to(p);
  copy_to(info(out.owner).positions);
}

// Marks which of the positions differ from golden; no other position does. If none does, the fault has ended
// in this value (unless `keeps_all`).
void PerFaultExecutor::compare(Value& out, std::span<const int32_t> positions, bool keeps_all) {
  const int64_t channels = info(out.owner).channels;
  std::fill_n(out.dirty.begin(), info(out.owner).positions, uint8_t{0});
  out.changed = 0;
  for (const int32_t p : positions) {
    if (keeps_all || std::memcmp(out.values.data() + p * channels, golden_.pixel(out.owner, p),
                                 idx(channels) * sizeof(float)) != 0)
      mark(out, p);
  }
  if (plan_.shortcuts().early_end)
    counters_.equal_lanes += static_cast<int64_t>(positions.size()) - out.changed;
  if (out.changed == 0) out.owner = -1;
}

void PerFaultExecutor::run_whole(Fault& fault, const ReplayStep& step, BatchContext context) {
  for (size_t i = 0; i < step.reads.size(); ++i) pointers_[i] = read(fault, step.reads[i]);
  Value& out = slot(fault, step.output);
  step.kernel->run({.inputs = {pointers_.data(), step.reads.size()},
                    .output = out.values.data(),
                    .images = 1,
                    .batch = context.batch,
                    .batch_index = context.batch_index});
  out.owner = step.output;
  compare(out, {all_positions_.data(), idx(info(step.output).positions)},
          step.linear && !plan_.shortcuts().early_end);
}

// Puts the faulted channel into the values of those faults of the layer that run one by one: golden until
// here.
void PerFaultExecutor::hit(std::span<Fault> faults, const LayerFaults& hit, const ReplayStep& step,
                           BatchContext context) {
  const int64_t channels = info(step.output).channels;
  mask(faults, hit.masked, step);
  if (hit.lane.empty()) return;
  faulted_outputs_.compute(hit, step, context);
  for (int64_t p = 0; p < info(step.output).positions; ++p) {
    faulted_outputs_.at(p, [&](int32_t h, float value) {
      const int32_t lane = hit.lane[idx(h)], channel = hit.channel[idx(h)];
      const auto fault =
          std::find_if(faults.begin(), faults.end(), [&](const Fault& f) { return f.lane == lane; });
      if (fault == faults.end()) return;
      Value& out = is_changed(*fault, step.output) ? slot(*fault, step.output) : begin(*fault, step.output);
      out.values[idx(p * channels + channel)] = value;
      mark(out, p);
    });
  }
}

// The same of faults of an output.
void PerFaultExecutor::mask(std::span<Fault> faults, std::span<const LayerFaults::Masked> masked,
                            const ReplayStep& step) {
  const int64_t channels = info(step.output).channels;
  for (const LayerFaults::Masked& at : masked) {
    const float golden = golden_.pixel(step.output, at.position)[at.channel], value = at.mask.apply(golden);
    const auto fault =
        std::find_if(faults.begin(), faults.end(), [&](const Fault& f) { return f.lane == at.lane; });
    if (fault == faults.end() || float_bits(value) == float_bits(golden)) continue;
    Value& out = is_changed(*fault, step.output) ? slot(*fault, step.output) : begin(*fault, step.output);
    out.values[idx(at.position * channels + at.channel)] = value;
    mark(out, at.position);
  }
}

void PerFaultExecutor::store(std::span<Fault> faults, int value) {
  values_.begin(value);
  for (int64_t p = 0; p < info(value).positions; ++p) {
    LaneMask changed_lanes = 0;
    for (Fault& fault : faults) {
      if (is_changed(fault, value) && slot(fault, value).dirty[idx(p)] != 0)
        changed_lanes |= LaneMask{1} << fault.lane;
    }
    if (changed_lanes != 0) store_pixel(faults, value, p, changed_lanes);
  }
}

void PerFaultExecutor::store_pixel(std::span<Fault> faults, int value, int64_t p, LaneMask changed_lanes) {
  const int64_t channels = info(value).channels, width = plan_.table().width();
  float* lane = sums_.data();
  for (Fault& fault : faults) {
    if ((changed_lanes >> fault.lane & 1) == 0) continue;
    const float* pixel = slot(fault, value).values.data() + p * channels;
    for (int64_t c = 0; c < channels; ++c) lane[c * width] = pixel[c];
    ++lane;
  }
  finish_pixel(plan_, golden_, values_, {.value = value, .position = p}, {},
               {.lanes = changed_lanes,
                .sums = sums_.data(),
                .channels = all_channels_.data(),
                .count = static_cast<int32_t>(channels),
                .nonzero_in = nullptr});
}

}  // namespace tf_injector::detail::replay
