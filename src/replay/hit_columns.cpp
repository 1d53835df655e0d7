#include "replay/hit_columns.hpp"

#include <algorithm>

#include "core/bits.hpp"

namespace tf_injector::replay {

HitColumns::HitColumns(const ReplayPlan& plan, const Golden& golden) : plan_(plan), golden_(golden) {
  int64_t positions = 0;
  for (const StepInfo& step : plan.steps()) {
    if (step.linear) positions = std::max(positions, step.linear->geometry.out_positions);
  }
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
  const bool all = static_cast<int64_t>(positions_.size()) == step.linear->geometry.out_positions;
  step.linear->kernel->run_columns(golden_.value(step.reads.front()), hit.columns.data(),
                                   static_cast<int32_t>(hit.lane.size()), columns_.data(), context.batch,
                                   all ? nullptr : &positions_, scratch_);
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
  return plan_.table().columns(call);
}

}  // namespace tf_injector::replay
