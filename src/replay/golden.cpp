#include "replay/golden.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace tf_injector::replay {
namespace {

void squared_norms(const ValueInfo& info, const float* values, float* squares) {
  for (int64_t p = 0; p < info.positions; ++p) {
    const float* pixel = values + p * info.channels;
    std::array<float, 8> sums{};  // in any order: only a bound is made of them
    int64_t c = 0;
    for (; c + 8 <= info.channels; c += 8) {
      for (int64_t i = 0; i < 8; ++i) sums[idx(i)] += pixel[c + i] * pixel[c + i];
    }
    for (; c < info.channels; ++c) sums[0] += pixel[c] * pixel[c];
    float sum = 0.0f;
    for (const float part : sums) sum += part;
    squares[p] = sum;
  }
}

}  // namespace

Golden::Golden(const ReplayPlan& plan) : plan_(plan) {
  size_t most_reads = 1;
  int64_t most_sums = 0;
  for (const ValueInfo& value : plan.values()) values_.emplace_back(idx(value.elements()));
  squares_.resize(plan.values().size());
  margins_.resize(plan.steps().size());
  for (size_t s = 0; s < plan.steps().size(); ++s) {
    const StepInfo& step = plan.steps()[s];
    most_reads = std::max(most_reads, step.reads.size());
    if (!step.linear || !step.linear->dead) continue;
    for (const int value : {step.reads.front(), step.has_add ? step.reads.back() : step.reads.front()})
      squares_[idx(value)] = AlignedBuffer(idx(plan.values()[idx(value)].positions));
    const LinearGeometry& g = step.linear->geometry;
    const int lanes = plan.table().lanes;
    margins_[s].stride = (g.cout + lanes - 1) / lanes * lanes;
    margins_[s].values = AlignedBuffer(idx(g.out_positions * margins_[s].stride));
    std::fill_n(margins_[s].values.data(), margins_[s].values.size(),
                -std::numeric_limits<float>::infinity());
    most_sums = std::max(most_sums, g.out_positions * g.cout);
  }
  sums_ = AlignedBuffer(idx(most_sums));
  pointers_.resize(most_reads);
}

void Golden::run(std::span<const std::span<const float>> inputs, BatchContext context) {
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::copy(inputs[i].begin(), inputs[i].end(), values_[i].data());
    if (!squares_[i].empty()) squared_norms(plan_.values()[i], values_[i].data(), squares_[i].data());
  }
  for (size_t s = 0; s < plan_.steps().size(); ++s) {
    const StepInfo& step = plan_.steps()[s];
    if (step.linear && step.linear->dead) {
      run_with_margin(s, context);
    } else {
      run_step(s, context);
    }
    AlignedBuffer& squares = squares_[idx(step.output)];
    if (!squares.empty()) squared_norms(plan_.values()[idx(step.output)], value(step.output), squares.data());
  }
}

void Golden::run_again(size_t end, BatchContext context) {
  for (size_t s = 0; s < end; ++s) run_step(s, context);
}

void Golden::run_step(size_t s, BatchContext context) {
  const StepInfo& step = plan_.steps()[s];
  for (size_t i = 0; i < step.reads.size(); ++i) pointers_[i] = value(step.reads[i]);
  step.kernel->run({.inputs = {pointers_.data(), step.reads.size()},
                    .output = values_[idx(step.output)].data(),
                    .images = 1,
                    .batch = context.batch,
                    .place = context.place});
}

// The same arithmetic as the step's kernel, with a look at the values in front of the ReLU.
void Golden::run_with_margin(size_t s, BatchContext context) {
  const StepInfo& step = plan_.steps()[s];
  const LinearStep& linear = *step.linear;
  const LinearGeometry& g = linear.geometry;
  const DeadBound& bound = *linear.dead;
  linear.kernel->run_columns(value(step.reads.front()), linear.kernel->packed(), static_cast<int32_t>(g.cout),
                             sums_.data(), context.batch, nullptr, scratch_);
  simd::EpilogueCall before = step.epilogue->parameters(), relu{.relu = true, .relu6 = before.relu6};
  before.relu = before.relu6 = false;
  if (step.has_add) before.add = value(step.reads.back());
  float* out = values_[idx(step.output)].data();
  const simd::SimdTable& table = plan_.table();
  const auto channels = static_cast<int32_t>(g.cout);
  table.elementwise({.in = sums_.data(),
                     .out = sums_.data(),
                     .rows = g.out_positions,
                     .channels = channels,
                     .epilogue = before});
  table.elementwise(
      {.in = sums_.data(), .out = out, .rows = g.out_positions, .channels = channels, .epilogue = relu});
  const float* squares = squares_[idx(step.reads.front())].data();
  const float* add_squares = step.has_add ? squares_[idx(step.reads.back())].data() : nullptr;
  for (int64_t p = 0; p < g.out_positions; ++p) {
    float window = 0.0f;
    for (int64_t t = 0; t < g.taps; ++t) {
      const int32_t from = g.source[idx(p * g.taps + t)];
      if (from >= 0) window += squares[from];
    }
    const float input_norm = norm_of(window);
    const float add_norm = add_squares != nullptr ? norm_of(add_squares[p]) : 0.0f;
    const float* y = sums_.data() + p * g.cout;
    float* margin = margins_[s].values.data() + p * margins_[s].stride;
    for (int64_t c = 0; c < g.cout; ++c) margin[c] = bound.margin(idx(c), y[c], input_norm, add_norm);
  }
}

}  // namespace tf_injector::replay
