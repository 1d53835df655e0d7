#include "replay/faulted_channel_outputs.hpp"

#include <algorithm>
#include <cassert>

#include "core/bits.hpp"

namespace tf_injector::detail::replay {

FaultedChannelOutputs::FaultedChannelOutputs(const ReplayPlan& plan, const GoldenActivations& golden)
    : plan_(plan), golden_(golden) {
  ArrayMaker maker;
  list_arrays(plan.sizes(), maker);
}

void FaultedChannelOutputs::list_positions(const LayerFaults& hit, const ReplayStep& step) {
  const LinearGeometry& g = step.linear->geometry;
  const int in = step.reads.front();
  positions_.clear();
  constexpr size_t kMany = 8;  // hardly a position is reached by none of them
  if (hit.all_positions_affected || hit.tap.size() >= kMany) {
    for (int32_t p = 0; p < g.out_positions; ++p) positions_.push_back(p);
    return;
  }
  for (int32_t p = 0; p < g.out_positions; ++p) {
    const int32_t* source = g.source.data() + p * g.taps;
    bool is_listed = false;
    for (size_t h = 0; h < hit.tap.size() && !is_listed; ++h) {
      const int32_t from = source[hit.tap[h]];
      is_listed = from >= 0 && float_bits(golden_.pixel(in, from)[hit.cin[h]]) != 0;
    }
    if (is_listed) positions_.push_back(p);
  }
}

void FaultedChannelOutputs::compute(const LayerFaults& hit, const ReplayStep& step, BatchContext context) {
  assert(step.linear && !hit.lane.empty() && hit.channel.size() == hit.lane.size());
  assert(std::is_sorted(hit.channel.begin(), hit.channel.end()));
  list_positions(hit, step);
  counters_.column_positions_skipped +=
      step.linear->geometry.out_positions - static_cast<int64_t>(positions_.size());
  count_ = hit.lane.size();
  next_ = 0;
  if (!hit.whole.empty()) {
    compute_whole(hit, step, context);
    finish(hit, step, {});
    return;
  }
  counters_.columns += static_cast<int64_t>(count_);
  const bool all = static_cast<int64_t>(positions_.size()) == step.linear->geometry.out_positions;
  step.linear->kernel->run_columns(golden_.value(step.reads.front()), hit.columns.data(),
                                   static_cast<int32_t>(hit.lane.size()), columns_.data(), context.batch,
                                   all ? nullptr : &positions_, scratch_);
  finish(hit, step, hit.epilogue->parameters());
}

void FaultedChannelOutputs::compute_whole(const LayerFaults& hit, const ReplayStep& step,
                                          BatchContext context) {
  inputs_.clear();
  for (const int value : step.reads) inputs_.push_back(golden_.value(value));
  const int64_t channels = plan_.values()[idx(step.output)].channels;
  const size_t count = hit.whole.size();
  for (size_t h = 0; h < count; ++h) {
    hit.whole[h]->run({.inputs = inputs_,
                       .output = whole_.data(),
                       .images = 1,
                       .batch = context.batch,
                       .batch_index = context.batch_index});
    for (const int32_t p : positions_)
      columns_[idx(p) * count + h] = whole_[idx(p * channels + hit.channel[h])];
  }
}

void FaultedChannelOutputs::finish(const LayerFaults& hit, const ReplayStep& step,
                                   simd::EpilogueCall epilogue) {
  const bool has_add = step.has_add && hit.whole.empty();
  epilogue.add = has_add ? golden_.value(step.reads.back()) : nullptr;
  const auto count = static_cast<int32_t>(hit.lane.size());
  plan_.table().columns({.faults = count,
                         .channel = hit.channel.data(),
                         .positions = positions_,
                         .values = columns_.data(),
                         .epilogue = epilogue,
                         .golden = golden_.value(step.output),
                         .channels = plan_.values()[idx(step.output)].channels,
                         .differs = differs_.data()});
  if (!plan_.shortcuts().early_end)
    std::fill_n(differs_.begin(), positions_.size(), ~simd::LaneMask{0} >> (64 - count));
}

}  // namespace tf_injector::detail::replay
