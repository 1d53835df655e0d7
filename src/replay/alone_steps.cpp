#include "replay/alone_steps.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>

#include "replay/finish_pixel.hpp"

namespace tf_injector::replay {

AloneSteps::AloneSteps(const ReplayPlan& plan, const Golden& golden, LaneValues& values,
                       HitColumns& hit_columns)
    : plan_(plan), golden_(golden), values_(values), hit_columns_(hit_columns), faults_(kMostAlone) {
  const std::vector<int64_t>& slots = plan.plan().impl().memory.slot_elements;
  for (Fault& fault : faults_) {
    for (size_t s = 0; s < slots.size(); ++s) {
      Value value;
      value.values = AlignedBuffer(idx(slots[s]));
      value.dirty.resize(idx(plan.slot_positions(static_cast<int>(s))));
      fault.slots.push_back(std::move(value));
    }
  }
  size_t reads = 1;
  for (const StepInfo& step : plan.steps()) reads = std::max(reads, step.reads.size());
  pointers_.resize(reads);
  int64_t channels = 0;
  for (const ValueInfo& value : plan.values()) channels = std::max(channels, value.channels);
  all_channels_.resize(idx(channels));
  std::iota(all_channels_.begin(), all_channels_.end(), 0);
  sums_ = AlignedBuffer(idx(channels * plan.table().width()));
}

void AloneSteps::run(size_t first, size_t end, std::span<const Hit> hits, LaneMask lanes, int from, int to,
                     BatchContext context) {
  size_t count = 0;
  for (LaneMask left = lanes; left != 0; left &= left - 1) {
    Fault& fault = faults_[count++];
    fault.lane = std::countr_zero(left);
    for (Value& value : fault.slots) value.owner = -1;
    if (from >= 0) load(fault, from);
  }
  const std::span<Fault> faults(faults_.data(), count);
  for (size_t s = first; s < end; ++s) {
    const StepInfo& step = plan_.steps()[s];
    for (Fault& fault : faults) run_step(fault, step, context);
    while (!hits.empty() && hits.front().step < s) hits = hits.subspan(1);
    if (!hits.empty() && hits.front().step == s) hit(faults, hits.front(), step, context);
  }
  store(faults, to);
}

const float* AloneSteps::read(Fault& fault, int value) {
  return is_changed(fault, value) ? slot(fault, value).values.data() : golden_.value(value);
}

// The value, all golden's.
AloneSteps::Value& AloneSteps::begin(Fault& fault, int value) {
  Value& v = slot(fault, value);
  v.owner = value;
  std::fill_n(v.dirty.begin(), info(value).positions, uint8_t{0});
  std::copy_n(golden_.value(value), info(value).elements(), v.values.data());
  return v;
}

void AloneSteps::load(Fault& fault, int value) {
  if ((values_.any(value) >> fault.lane & 1) == 0) return;
  Value& v = begin(fault, value);
  for (int64_t p = 0; p < info(value).positions; ++p) {
    if ((values_.dirty(value, p) >> fault.lane & 1) == 0) continue;
    values_.read(value, p, fault.lane, v.values.data() + p * info(value).channels);
    v.dirty[idx(p)] = 1;
  }
}

// Output positions whose inputs the fault has changed.
void AloneSteps::list_positions(Fault& fault, const StepInfo& step) {
  const LinearGeometry& g = step.linear->geometry;
  const int in = step.reads.front(), add = step.reads.back();
  const uint8_t* dirty = is_changed(fault, in) ? slot(fault, in).dirty.data() : nullptr;
  const uint8_t* add_dirty = step.has_add && is_changed(fault, add) ? slot(fault, add).dirty.data() : nullptr;
  const int32_t* from = g.source.data();
  const uint8_t everywhere = plan_.shortcuts().reach ? 0 : 1;
  positions_.clear();
  for (int64_t p = 0; p < g.out_positions; ++p, from += g.taps) {
    uint8_t is_reached = add_dirty != nullptr ? add_dirty[p] | everywhere : everywhere;
    for (int64_t t = 0; dirty != nullptr && t < g.taps; ++t) is_reached |= from[t] >= 0 ? dirty[from[t]] : 0;
    if (is_reached != 0) positions_.push_back(static_cast<int32_t>(p));
  }
}

void AloneSteps::run_step(Fault& fault, const StepInfo& step, BatchContext context) {
  if (std::none_of(step.reads.begin(), step.reads.end(),
                   [&](int value) { return is_changed(fault, value); })) {
    slot(fault, step.output).owner = -1;
    return;
  }
  if (!step.linear) {
    run_whole(fault, step, context);
    return;
  }
  list_positions(fault, step);
  if (positions_.empty()) {
    slot(fault, step.output).owner = -1;
    return;
  }
  for (size_t i = 0; i < step.reads.size(); ++i) pointers_[i] = read(fault, step.reads[i]);
  Value& out = begin(fault, step.output);
  step.linear->kernel->run_positions({.inputs = {pointers_.data(), step.reads.size()},
                                      .output = out.values.data(),
                                      .images = 1,
                                      .batch = context.batch,
                                      .place = context.place},
                                     positions_, scratch_);
  compare(out, positions_, !plan_.shortcuts().early_end);
}

// A value that is golden's everywhere is not changed, unless all is kept.
void AloneSteps::compare(Value& out, std::span<const int32_t> positions, bool keeps_all) {
  const int64_t channels = info(out.owner).channels;
  uint8_t any = 0;
  for (const int32_t p : positions) {
    out.dirty[idx(p)] =
        keeps_all || std::memcmp(out.values.data() + p * channels, golden_.pixel(out.owner, p),
                                 idx(channels) * sizeof(float)) != 0;
    any |= out.dirty[idx(p)];
  }
  if (any == 0) out.owner = -1;
}

void AloneSteps::run_whole(Fault& fault, const StepInfo& step, BatchContext context) {
  for (size_t i = 0; i < step.reads.size(); ++i) pointers_[i] = read(fault, step.reads[i]);
  Value& out = slot(fault, step.output);
  step.kernel->run({.inputs = {pointers_.data(), step.reads.size()},
                    .output = out.values.data(),
                    .images = 1,
                    .batch = context.batch,
                    .place = context.place});
  out.owner = step.output;
  positions_.resize(idx(info(step.output).positions));
  std::iota(positions_.begin(), positions_.end(), 0);
  compare(out, positions_);
}

// The faulted channel of those faults of the hit that run alone: their values are golden's until then.
void AloneSteps::hit(std::span<Fault> faults, const Hit& hit, const StepInfo& step, BatchContext context) {
  const int64_t channels = info(step.output).channels;
  hit_columns_.run(hit, step, context, [&](int64_t p, int32_t h, float value) {
    const int32_t lane = hit.lane[idx(h)], channel = hit.channel[idx(h)];
    const auto fault =
        std::find_if(faults.begin(), faults.end(), [&](const Fault& f) { return f.lane == lane; });
    if (fault == faults.end()) return;
    Value& out = is_changed(*fault, step.output) ? slot(*fault, step.output) : begin(*fault, step.output);
    out.values[idx(p * channels + channel)] = value;
    out.dirty[idx(p)] = 1;
  });
}

void AloneSteps::store(std::span<Fault> faults, int value) {
  values_.begin(value);
  for (int64_t p = 0; p < info(value).positions; ++p) {
    LaneMask held = 0;
    for (Fault& fault : faults) {
      if (is_changed(fault, value) && slot(fault, value).dirty[idx(p)] != 0)
        held |= LaneMask{1} << fault.lane;
    }
    if (held != 0) store_pixel(faults, value, p, held);
  }
}

void AloneSteps::store_pixel(std::span<Fault> faults, int value, int64_t p, LaneMask held) {
  const int64_t channels = info(value).channels, width = plan_.table().width();
  float* lane = sums_.data();
  for (Fault& fault : faults) {
    if ((held >> fault.lane & 1) == 0) continue;
    const float* pixel = slot(fault, value).values.data() + p * channels;
    for (int64_t c = 0; c < channels; ++c) lane[c * width] = pixel[c];
    ++lane;
  }
  finish_pixel(plan_, golden_, values_, {.value = value, .position = p}, {},
               {.lanes = held,
                .sums = sums_.data(),
                .channels = all_channels_.data(),
                .count = static_cast<int32_t>(channels),
                .sums_of = nullptr});
}

}  // namespace tf_injector::replay
