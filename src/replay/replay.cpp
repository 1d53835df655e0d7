#include "replay/replay.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/bits.hpp"
#include "core/flush_denormals.hpp"

namespace tf_injector::replay {
namespace {

size_t idx(int64_t i) { return static_cast<size_t>(i); }
bool has(uint64_t mask, int fault) { return ((mask >> fault) & 1) != 0; }

// Calls visit(fault) for every set bit, ascending.
template <class Visit>
void for_each_fault(uint64_t mask, Visit visit) {
  for (; mask != 0; mask &= mask - 1) visit(std::countr_zero(mask));
}

}  // namespace

ReplayWorkspace::ReplayWorkspace(const ReplayPlan& plan) : plan_(plan) {
  int64_t most_elements = 0, most_channels = 0, most_sums = 0, most_window = 0, most_taps = 1, most_depth = 0;
  size_t most_reads = 1;
  for (const ValueInfo& value : plan.values()) {
    golden_.emplace_back(idx(value.elements()));
    dirty_.emplace_back(idx(value.positions), 0);
    most_elements = std::max(most_elements, value.elements());
    most_channels = std::max(most_channels, value.channels);
  }
  any_.assign(plan.values().size(), 0);
  for (int64_t slot : plan.plan().impl().memory.slot_elements) slots_.emplace_back(idx(slot * kGroup));
  for (const StepInfo& step : plan.steps()) {
    most_reads = std::max(most_reads, step.reads.size());
    if (step.conv == nullptr) continue;
    const ref::Conv2DGeometry& g = step.conv->geometry();
    most_taps = std::max(most_taps, g.kernel_h * g.kernel_w);
    most_depth = std::max(most_depth, step.conv->depth());
    most_window = std::max(most_window, simd::window_stride(g.kernel_h * g.kernel_w, g.cin));
    most_sums = std::max(most_sums, g.out_h * g.out_w);
  }
  zeros_ = AlignedBuffer(idx(most_channels));
  windows_ = AlignedBuffer(idx(most_window * kGroup));
  sums_ = AlignedBuffer(idx(most_sums * kGroup));
  lane_golden_ = AlignedBuffer(kGroup);
  lane_add_ = AlignedBuffer(kGroup);
  lane_out_ = AlignedBuffer(kGroup);
  whole_out_ = AlignedBuffer(idx(most_elements));
  for (size_t i = 0; i < most_reads; ++i) whole_in_.emplace_back(idx(most_elements));
  scores_ = AlignedBuffer(idx(plan.plan().classes()));
  sources_.resize(idx(most_taps * kGroup));
  adds_.resize(kGroup);
  outs_.resize(kGroup);
  pointers_.resize(most_reads);
  rows_.resize(idx(most_depth + 64));
}

float* ReplayWorkspace::faulty_pixel(int value, int64_t position, int fault) {
  return slots_[idx(info(value).slot)].data() + (position * kGroup + fault) * info(value).channels;
}
const float* ReplayWorkspace::golden_pixel(int value, int64_t position) const {
  return golden_[idx(value)].data() + position * info(value).channels;
}
const float* ReplayWorkspace::pixel(int value, int64_t position, int fault) {
  const bool is_dirty = has(any_[idx(value)], fault) && has(dirty_[idx(value)][idx(position)], fault);
  return is_dirty ? faulty_pixel(value, position, fault) : golden_pixel(value, position);
}

void ReplayWorkspace::run(const FaultBlock& block, std::span<const std::span<const float>> inputs,
                          BatchContext context, std::span<float> golden, const Changed& changed) {
  const FlushDenormals flush;
  run_golden(inputs, context);
  const float* scores = golden_[idx(plan_.output())].data();
  for (size_t i = 0; i < golden.size(); ++i) golden[i] = canonical_nan(scores[i]);
  for (const Group& group : block.groups()) {
    run_group(group, context);
    report(group, changed);
  }
}

void ReplayWorkspace::run_golden(std::span<const std::span<const float>> inputs, BatchContext context) {
  for (size_t i = 0; i < inputs.size(); ++i) std::copy(inputs[i].begin(), inputs[i].end(), golden_[i].data());
  for (const StepInfo& step : plan_.steps()) {
    for (size_t i = 0; i < step.reads.size(); ++i) pointers_[i] = golden_[idx(step.reads[i])].data();
    step.kernel->run({.inputs = {pointers_.data(), step.reads.size()},
                      .output = golden_[idx(step.output)].data(),
                      .images = 1,
                      .batch = context.batch});
  }
}

void ReplayWorkspace::run_group(const Group& group, BatchContext context) {
  std::fill(any_.begin(), any_.end(), uint64_t{0});
  size_t next_hit = 0;
  const size_t first = group.hits.empty() ? plan_.steps().size() : group.hits.front().step;
  for (size_t s = first; s < plan_.steps().size(); ++s) {
    const StepInfo& step = plan_.steps()[s];
    const Hit* hit =
        next_hit < group.hits.size() && group.hits[next_hit].step == s ? &group.hits[next_hit++] : nullptr;
    uint64_t reached = 0;
    for (int value : step.reads) reached |= any_[idx(value)];
    if (reached == 0 && hit == nullptr) continue;
    std::vector<uint64_t>& dirty = dirty_[idx(step.output)];
    std::fill(dirty.begin(), dirty.end(), uint64_t{0});
    if (step.conv != nullptr) {
      uint64_t whole = 0;
      if (hit != nullptr && !hit->lane_fault.empty()) hit_convolution(*hit, step);
      if (hit != nullptr && !hit->patched.empty()) {
        for (size_t f = 0; f < hit->patched.size(); ++f)
          whole |= hit->patched[f] != nullptr ? uint64_t{1} << f : 0;
        replay_whole(step, hit, whole, context);
      }
      replay_convolution(step, reached & ~(hit != nullptr ? hit->mask : 0));
    } else {
      replay_whole(step, hit, reached | (hit != nullptr ? hit->mask : 0), context);
    }
    uint64_t any = 0;
    for (uint64_t d : dirty) any |= d;
    any_[idx(step.output)] = any;
  }
}

// The faulted layer: one output channel per fault, from golden's inputs, at all positions.
void ReplayWorkspace::hit_convolution(const Hit& hit, const StepInfo& step) {
  const SimdConv2D& conv = *step.conv;
  const auto lanes = static_cast<int32_t>(hit.lane_fault.size());
  const ValueInfo& out = info(step.output);
  simd::ConvCall conv_call = conv.call(golden_[idx(step.reads[0])].data(), sums_.data(), 1);
  conv_call.cout = lanes;
  conv_call.weights = hit.columns.data();
  conv.table().conv2d(conv_call);
  const float* const add_operand[] = {lane_add_.data()};
  simd::ColumnsCall call{.faults = lanes,
                         .sums = nullptr,
                         .epilogue = hit.epilogue->call({.inputs = add_operand, .output = nullptr}),
                         .golden = lane_golden_.data(),
                         .out = lane_out_.data()};
  for (int64_t p = 0; p < out.positions; ++p) {
    const float* golden = golden_pixel(step.output, p);
    for (int32_t l = 0; l < lanes; ++l) lane_golden_[idx(l)] = golden[hit.lane_channel[idx(l)]];
    if (step.fused_add) {
      const float* add = golden_pixel(step.reads.back(), p);
      for (int32_t l = 0; l < lanes; ++l) lane_add_[idx(l)] = add[hit.lane_channel[idx(l)]];
    }
    call.sums = sums_.data() + p * lanes;
    for_each_fault(conv.table().columns(call), [&](int lane) {
      const int fault = hit.lane_fault[idx(lane)];
      float* pixel = faulty_pixel(step.output, p, fault);
      std::copy_n(golden, out.channels, pixel);
      pixel[hit.lane_channel[idx(lane)]] = lane_out_[idx(lane)];
      dirty_[idx(step.output)][idx(p)] |= uint64_t{1} << fault;
    });
  }
}

// Later layers: a position is recomputed for those faults that changed something under its window.
void ReplayWorkspace::replay_convolution(const StepInfo& step, uint64_t faults) {
  if (faults == 0) return;
  const SimdConv2D& conv = *step.conv;
  const ref::Conv2DGeometry& g = conv.geometry();
  const int64_t taps = g.kernel_h * g.kernel_w;
  const int in = step.reads[0];
  const std::vector<uint64_t>& dirty_in = dirty_[idx(in)];
  const bool in_reached = any_[idx(in)] != 0;
  const bool add_reached = step.fused_add && any_[idx(step.reads.back())] != 0;
  const float* const no_add[] = {nullptr};
  simd::PixelsCall call{.faults = 0,
                        .taps = static_cast<int32_t>(taps),
                        .cin = static_cast<int32_t>(g.cin),
                        .cout = static_cast<int32_t>(g.cout),
                        .sources = sources_.data(),
                        .summed = {},
                        .weights = conv.packed(),
                        .epilogue = conv.epilogue().call({.inputs = no_add, .output = nullptr}),
                        .add = step.fused_add ? adds_.data() : nullptr,
                        .golden = nullptr,
                        .out = outs_.data(),
                        .skip_zeros = conv.all_finite(),
                        .windows = windows_.data(),
                        .rows = rows_.data()};
  std::array<int, kGroup> fault_of{};
  for (int64_t p = 0; p < info(step.output).positions; ++p) {
    const int32_t* from = step.input_position.data() + p * taps;
    uint64_t reach = add_reached ? dirty_[idx(step.reads.back())][idx(p)] : 0;
    for (int64_t t = 0; in_reached && t < taps; ++t) reach |= from[t] >= 0 ? dirty_in[idx(from[t])] : 0;
    reach &= faults;
    if (reach == 0) continue;
    call.faults = 0;
    for_each_fault(reach, [&](int fault) {
      const float** sources = sources_.data() + call.faults * taps;
      for (int64_t t = 0; t < taps; ++t) sources[t] = from[t] < 0 ? zeros_.data() : pixel(in, from[t], fault);
      if (step.fused_add) adds_[idx(call.faults)] = pixel(step.reads.back(), p, fault);
      outs_[idx(call.faults)] = faulty_pixel(step.output, p, fault);
      fault_of[idx(call.faults++)] = fault;
    });
    call.golden = golden_pixel(step.output, p);
    call.summed = conv.positions().classes[step.class_of[idx(p)]].tap;
    for_each_fault(conv.table().conv2d_pixels(call),
                   [&](int i) { dirty_[idx(step.output)][idx(p)] |= uint64_t{1} << fault_of[idx(i)]; });
  }
}

const float* ReplayWorkspace::materialize(int value, int fault, AlignedBuffer& scratch) const {
  if (!has(any_[idx(value)], fault)) return golden_[idx(value)].data();
  const ValueInfo& v = info(value);
  const float* slot = slots_[idx(v.slot)].data();
  for (int64_t p = 0; p < v.positions; ++p) {
    const bool is_dirty = has(dirty_[idx(value)][idx(p)], fault);
    const float* from = is_dirty ? slot + (p * kGroup + fault) * v.channels : golden_pixel(value, p);
    std::copy_n(from, v.channels, scratch.data() + p * v.channels);
  }
  return scratch.data();
}

void ReplayWorkspace::store_whole(int value, int fault, const float* result) {
  const ValueInfo& v = info(value);
  for (int64_t p = 0; p < v.positions; ++p) {
    const float* pixel = result + p * v.channels;
    if (std::memcmp(pixel, golden_pixel(value, p), idx(v.channels) * sizeof(float)) == 0) continue;
    std::copy_n(pixel, v.channels, faulty_pixel(value, p, fault));
    dirty_[idx(value)][idx(p)] |= uint64_t{1} << fault;
  }
}

// Any other step: run as it is on the fault's own inputs, then compared.
void ReplayWorkspace::replay_whole(const StepInfo& step, const Hit* hit, uint64_t faults,
                                   BatchContext context) {
  for_each_fault(faults, [&](int fault) {
    const Kernel* kernel = step.kernel;
    if (hit != nullptr && !hit->patched.empty() && hit->patched[idx(fault)] != nullptr)
      kernel = hit->patched[idx(fault)].get();
    for (size_t i = 0; i < step.reads.size(); ++i)
      pointers_[i] = materialize(step.reads[i], fault, whole_in_[i]);
    kernel->run({.inputs = {pointers_.data(), step.reads.size()},
                 .output = whole_out_.data(),
                 .images = 1,
                 .batch = context.batch});
    store_whole(step.output, fault, whole_out_.data());
  });
}

void ReplayWorkspace::report(const Group& group, const Changed& changed) {
  const int output = plan_.output();
  for_each_fault(any_[idx(output)], [&](int fault) {
    const float* scores = materialize(output, fault, whole_out_);
    for (size_t i = 0; i < scores_.size(); ++i) scores_[i] = canonical_nan(scores[i]);
    changed(group.faults[idx(fault)], scores_.span());
  });
}

}  // namespace tf_injector::replay
