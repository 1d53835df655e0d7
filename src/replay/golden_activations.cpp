#include "replay/golden_activations.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "core/stop.hpp"

namespace tf_injector::detail::replay {

GoldenActivations::GoldenActivations(const ReplayPlan& plan) : plan_(plan) {
  ArrayMaker maker;
  list_arrays(plan.sizes(), maker);
}

void GoldenActivations::run(std::span<const std::span<const float>> inputs, BatchContext context) {
  for (AlignedBuffer& squares : squares_) std::fill_n(squares.data(), squares.size(), kUnknown);
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::copy(inputs[i].begin(), inputs[i].end(), values_[i].data());
  }
  for (size_t s = 0; s < plan_.steps().size(); ++s) {
    check_stop(context.stop);
    if (!before_[s].empty()) {
      plan_.steps()[s].linear->kernel->run_with_before(args(s, context), before_[s].data());
    } else {
      run_step(s, context);
    }
  }
}

void GoldenActivations::run_again(size_t end, BatchContext context) {
  for (size_t s = 0; s < end; ++s) run_step(s, context);
}

KernelArgs GoldenActivations::args(size_t s, BatchContext context) {
  const ReplayStep& step = plan_.steps()[s];
  for (size_t i = 0; i < step.reads.size(); ++i) pointers_[i] = value(step.reads[i]);
  return {.inputs = {pointers_.data(), step.reads.size()},
          .output = values_[idx(step.output)].data(),
          .images = 1,
          .batch = context.batch,
          .batch_index = context.batch_index};
}

void GoldenActivations::run_step(size_t s, BatchContext context) {
  plan_.steps()[s].kernel->run(args(s, context));
}

float GoldenActivations::square(int value, int64_t position) const {
  float& square = squares_[idx(value)][idx(position)];
  if (square < 0.0f) {
    const ValueInfo& info = plan_.values()[idx(value)];
    plan_.table().squares(pixel(value, position), 1, static_cast<int32_t>(info.channels), &square);
  }
  return square;
}

GoldenActivations::BeforeRelu GoldenActivations::before_relu(size_t s, int64_t position) const {
  const ReplayStep& step = plan_.steps()[s];
  const LinearGeometry& g = step.linear->geometry;
  const int in = step.reads.front();
  const int32_t* source = g.source.data() + position * g.taps;
  float window = 0.0f;
  for (int64_t t = 0; t < g.taps; ++t) window += source[t] >= 0 ? square(in, source[t]) : 0.0f;
  return {.y = before_[s].data() + position * g.cout,
          .input_norm = norm_of(window),
          .add_norm = step.has_add ? norm_of(square(step.reads.back(), position)) : 0.0f};
}

}  // namespace tf_injector::detail::replay
