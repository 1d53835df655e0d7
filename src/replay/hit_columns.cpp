#include "replay/hit_columns.hpp"

#include <algorithm>

#include "core/bits.hpp"

namespace tf_injector::replay {

HitColumns::HitColumns(const ReplayPlan& plan, const Golden& golden) : plan_(plan), golden_(golden) {
  int64_t positions = 0, elements = 0;
  for (const StepInfo& step : plan.steps()) {
    if (!step.linear) continue;
    positions = std::max(positions, step.linear->geometry.out_positions);
    elements = std::max(elements, plan.values()[idx(step.output)].elements());
  }
  if (!plan.shortcuts().channel) whole_ = AlignedBuffer(idx(elements));
  const int64_t width = plan.table().width();
  columns_ = AlignedBuffer(idx(positions * width));
  for (AlignedBuffer* lanes : {&golden_values_, &add_, &out_}) *lanes = AlignedBuffer(idx(width));
}

void HitColumns::list_positions(const Hit& hit, const StepInfo& step) {
  const LinearGeometry& g = step.linear->geometry;
  const int in = step.reads.front();
  positions_.clear();
  for (int32_t p = 0; p < g.out_positions; ++p) {
    const int32_t* source = g.source.data() + p * g.taps;
    bool is_listed = hit.everywhere;
    for (size_t h = 0; h < hit.tap.size() && !is_listed; ++h) {
      const int32_t from = source[hit.tap[h]];
      is_listed = from >= 0 && float_bits(golden_.pixel(in, from)[hit.cin[h]]) != 0;
    }
    if (is_listed) positions_.push_back(p);
  }
}

void HitColumns::compute(const Hit& hit, const StepInfo& step, BatchContext context) {
  list_positions(hit, step);
  if (!hit.whole.empty()) {
    compute_whole(hit, step, context);
    return;
  }
  const bool all = static_cast<int64_t>(positions_.size()) == step.linear->geometry.out_positions;
  step.linear->kernel->run_columns(golden_.value(step.reads.front()), hit.columns.data(),
                                   static_cast<int32_t>(hit.lane.size()), columns_.data(), context.batch,
                                   all ? nullptr : &positions_, scratch_);
}

void HitColumns::compute_whole(const Hit& hit, const StepInfo& step, BatchContext context) {
  std::vector<const float*> inputs;
  for (const int value : step.reads) inputs.push_back(golden_.value(value));
  const int64_t channels = plan_.values()[idx(step.output)].channels;
  const size_t count = hit.whole.size();
  for (size_t h = 0; h < count; ++h) {
    hit.whole[h]->run({.inputs = inputs,
                       .output = whole_.data(),
                       .images = 1,
                       .batch = context.batch,
                       .place = context.place});
    for (const int32_t p : positions_)
      columns_[idx(p) * count + h] = whole_[idx(p * channels + hit.channel[h])];
  }
}

simd::LaneMask HitColumns::finish(const Hit& hit, const StepInfo& step, int64_t p) {
  const auto count = static_cast<int32_t>(hit.lane.size());
  simd::ColumnsCall call{.faults = count,
                         .sums = columns_.data() + p * count,
                         .epilogue = hit.epilogue->parameters(),
                         .golden = golden_values_.data(),
                         .out = out_.data()};
  const float* golden = golden_.pixel(step.output, p);
  for (int32_t h = 0; h < count; ++h) golden_values_[idx(h)] = golden[hit.channel[idx(h)]];
  if (step.has_add) {
    const float* add = golden_.pixel(step.reads.back(), p);
    for (int32_t h = 0; h < count; ++h) add_[idx(h)] = add[hit.channel[idx(h)]];
    call.epilogue.add = add_.data();
  }
  if (!hit.whole.empty()) call.epilogue = {};  // done by the kernels
  const simd::LaneMask differ = plan_.table().columns(call);
  return plan_.shortcuts().early_end ? differ : ~simd::LaneMask{0} >> (64 - count);
}

}  // namespace tf_injector::replay
