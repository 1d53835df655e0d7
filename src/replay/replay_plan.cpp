#include "replay/replay_plan.hpp"

namespace tf_injector::replay {
namespace {

ValueInfo value_of(const Shape& shape, int slot) {
  if (shape.rank() == 3) return {shape[0] * shape[1], shape[2], slot};
  return {1, shape.elements(), slot};
}

// A convolution whose values have the positions that its geometry speaks of (no Reshape stands between).
bool by_position(const SimdConv2D& conv, const StepInfo& step, const std::vector<ValueInfo>& values) {
  const ref::Conv2DGeometry& g = conv.geometry();
  const ValueInfo& in = values[static_cast<size_t>(step.reads[0])];
  if (in.positions != g.in_h * g.in_w || in.channels != g.cin) return false;
  if (!step.fused_add) return true;
  const ValueInfo& add = values[static_cast<size_t>(step.reads.back())];
  return add.positions == g.out_h * g.out_w && add.channels == g.cout;
}

void index_positions(StepInfo& step) {
  const ref::Conv2DGeometry& g = step.conv->geometry();
  const auto taps = static_cast<size_t>(g.kernel_h * g.kernel_w);
  const auto positions = static_cast<size_t>(g.out_h * g.out_w);
  step.input_position.assign(positions * taps, -1);
  step.class_of.assign(positions, 0);
  const auto& classes = step.conv->positions().classes;
  for (size_t c = 0; c < classes.size(); ++c) {
    const size_t own = classes[c].tap.size();
    for (size_t i = 0; i < classes[c].output.size(); ++i) {
      const auto p = static_cast<size_t>(classes[c].output[i]);
      step.class_of[p] = static_cast<uint16_t>(c);
      for (size_t t = 0; t < own; ++t) {
        const int32_t offset = classes[c].input[i * own + t];
        if (offset == simd::kOutside) continue;
        step.input_position[p * taps + static_cast<size_t>(classes[c].tap[t])] =
            static_cast<int32_t>(offset / g.cin);
      }
    }
  }
}

}  // namespace

ReplayPlan::ReplayPlan(const Plan& plan) : plan_(plan) {
  const Plan::Impl& p = plan.impl();
  for (const PlanInput& input : p.inputs) values_.push_back(value_of(input.shape, -1));
  for (size_t i = 0; i < p.steps.size(); ++i)
    values_.push_back(value_of(p.steps[i].shape, p.memory.slot_of_step[i]));
  for (size_t i = 0; i < p.steps.size(); ++i) {
    StepInfo step;
    step.kernel = p.steps[i].kernel.get();
    step.reads = p.steps[i].reads;
    step.output = static_cast<int>(p.inputs.size() + i);
    step.fused_add = p.steps[i].fused_add;
    const auto* conv = dynamic_cast<const SimdConv2D*>(step.kernel);
    if (conv != nullptr && by_position(*conv, step, values_)) {
      step.conv = conv;
      index_positions(step);
    }
    steps_.push_back(std::move(step));
  }
}

std::vector<size_t> ReplayPlan::steps_holding(WeightId weight) const {
  std::vector<size_t> holding;
  for (size_t s = 0; s < steps_.size(); ++s) {
    if (steps_[s].kernel->holds(weight)) holding.push_back(s);
  }
  return holding;
}

size_t ReplayPlan::workspace_bytes() const noexcept {
  int64_t floats = 0;
  for (const ValueInfo& value : values_) floats += value.elements() + value.positions * 2;
  for (int64_t slot : plan_.impl().memory.slot_elements) floats += slot * kGroup;
  return static_cast<size_t>(floats) * sizeof(float);
}

}  // namespace tf_injector::replay
