#include "replay/plan/replay_step.hpp"

#include <algorithm>

#include "core/bits.hpp"
#include "replay/index.hpp"

namespace tf_injector::detail::replay {
namespace {

// A Dense over a flattened image has one input position of H * W * C channels: seen as a convolution with a
// tap per position it takes the image as it is.
bool fit(LinearGeometry& g, const ValueInfo& in) {
  if (in.positions == g.in_positions && in.channels == g.cin) return true;
  if (g.in_positions != 1 || g.out_positions != 1 || g.taps != 1 || g.cin != in.elements()) return false;
  g.in_positions = g.taps = in.positions;
  g.cin = in.channels;
  g.source.clear();
  g.source.reserve(idx(in.positions));
  for (int32_t p = 0; p < in.positions; ++p) g.source.push_back(p);
  return true;
}

// Row-major, (taps * cin, cout). None: some are not finite.
std::optional<AlignedBuffer> unpacked(const LinearKernel& linear, const LinearGeometry& g, Weights weights) {
  AlignedBuffer values;
  if (weights == Weights::unpacked) values = AlignedBuffer(idx(g.taps * g.cin * g.cout));
  bool finite = true;
  for (int64_t k = 0; k < g.taps * g.cin; ++k) {
    for (int64_t c = 0; c < g.cout; ++c) {
      const float w = linear.weight(k, c);
      if (!values.empty()) values[idx(k * g.cout + c)] = w;
      finite = finite && is_finite(w);
    }
  }
  if (!finite) return std::nullopt;
  return values;
}

std::optional<LinearStep> linear_step(const Kernel* kernel, const ValueInfo& in, const ValueInfo& out,
                                      Weights weights) {
  const auto* linear = dynamic_cast<const LinearKernel*>(kernel);
  if (linear == nullptr) return std::nullopt;
  LinearStep step{
      .kernel = linear, .geometry = linear->linear_geometry(), .weights = {}, .clipped_bound = {}};
  LinearGeometry& g = step.geometry;
  if (!fit(g, in) || out.positions != g.out_positions || out.channels != g.cout) return std::nullopt;
  // Rows of inputs and of weights are told by 32-bit offsets.
  if (g.taps * g.cin * std::max<int64_t>(g.cout, simd::kMaxWidth) > INT32_MAX) return std::nullopt;
  std::optional<AlignedBuffer> values = unpacked(*linear, g, weights);
  if (!values) return std::nullopt;  // 0 * Inf is NaN: no zero may be skipped
  step.weights = std::move(*values);
  const simd::EpilogueCall epilogue = linear->epilogue().parameters();
  if (!epilogue.relu || !has_clipped_bound(g)) return step;
  step.clipped_bound.emplace();
  if (weights == Weights::unpacked) step.clipped_bound = make_clipped_bound(g, step.weights.data(), epilogue);
  return step;
}

std::optional<MovementStep> movement_step(const Kernel* kernel, const ValueInfo& in, const ValueInfo& out) {
  const auto* movement = dynamic_cast<const MovementKernel*>(kernel);
  if (movement == nullptr) return std::nullopt;
  MovementStep step{.positions = {}, .elements = movement->sources(), .constant = movement->constant()};
  if (step.elements.empty()) return std::nullopt;
  step.positions.reserve(idx(out.positions));
  for (int64_t p = 0; p < out.positions; ++p) {
    MovementStep::Position position;
    int64_t moved = 0;
    bool one = float_bits(step.constant) == 0;
    for (int64_t c = 0; c < out.channels && one; ++c) {
      const int32_t from = step.elements[idx(p * out.channels + c)];
      if (from == MovementKernel::kConstant) continue;
      const auto source = static_cast<int32_t>(from / in.channels);
      const auto shift = static_cast<int32_t>(c - from % in.channels);
      if (moved++ == 0) position = {source, shift};
      one = position.source == source && position.shift == shift;
    }
    if (!one || moved != in.channels) position = {};  // all channels of the source, none left behind
    step.positions.push_back(position);
  }
  return step;
}

std::optional<AverageStep> average_step(const Kernel* kernel, const ValueInfo& in, const ValueInfo& out) {
  const auto* average = dynamic_cast<const AverageKernel*>(kernel);
  if (average == nullptr) return std::nullopt;
  AverageStep step{.geometry = average->average_geometry()};
  if (step.geometry.channels != in.channels || step.geometry.channels != out.channels ||
      static_cast<int64_t>(step.geometry.windows.size()) != out.positions) {
    return std::nullopt;
  }
  return step;
}

std::optional<WindowStep> window_step(const Kernel* kernel, const ValueInfo& in, const ValueInfo& out) {
  const auto* window = dynamic_cast<const WindowKernel*>(kernel);
  if (window == nullptr) return std::nullopt;
  WindowStep step{.kernel = window, .geometry = window->window_geometry()};
  const WindowGeometry& g = step.geometry;
  const bool fits = g.channels == in.channels && g.channels == out.channels &&
                    static_cast<int64_t>(g.windows.size()) == out.positions;
  const auto is_large = [](const WindowGeometry::Window& w) {
    return w.positions.size() > simd::kMostChannelTaps;
  };
  const bool is_too_large = !step.is_maxima() && std::any_of(g.windows.begin(), g.windows.end(), is_large);
  if (!fits || is_too_large) return std::nullopt;
  return step;
}

bool is_join(const ReplayStep& step, const std::vector<ValueInfo>& values) {
  const auto* join = dynamic_cast<const JoinKernel*>(step.kernel);
  const ValueInfo& out = values[idx(step.output)];
  if (join == nullptr || join->rows() != out.positions) return false;
  int64_t channels = 0;
  for (int value : step.reads) {
    if (values[idx(value)].positions != out.positions) return false;
    channels += values[idx(value)].channels;
  }
  return channels == out.channels;
}

const FunctionForm* function_of(const Kernel* kernel, const ValueInfo& in, const ValueInfo& out) {
  const auto* function = dynamic_cast<const FunctionForm*>(kernel);
  const bool fits = in.positions == out.positions && in.channels == out.channels;
  return function != nullptr && function->is_uniform() && fits ? function : nullptr;
}

// A value's channels are its last axis: one row of it is one position.
std::optional<BinaryStep> binary_step(const ReplayStep& step, const std::vector<ValueInfo>& values) {
  const auto* binary = dynamic_cast<const BinaryForm*>(step.kernel);
  if (binary == nullptr || step.reads.size() != (binary->has_constant() ? 1 : 2)) return std::nullopt;
  const ValueInfo& out = values[idx(step.output)];
  BinaryStep found{.kernel = binary};
  for (size_t i = 0; i < step.reads.size(); ++i) {
    const ValueInfo& in = values[idx(step.reads[i])];
    const BinaryForm::Meets meets = binary->meets(i);
    const bool is_same = meets == BinaryForm::Meets::same && in.positions == out.positions;
    found.one_position[i] = meets == BinaryForm::Meets::same_of_last_axis && in.positions == 1;
    if (in.channels != out.channels || (!is_same && !found.one_position[i])) return std::nullopt;
  }
  return found;
}

bool are_alike(const ValueInfo& a, const ValueInfo& b) {
  return a.positions == b.positions && a.channels == b.channels;
}

bool is_elementwise(const ElementwiseForm* form, const ReplayStep& step,
                    const std::vector<ValueInfo>& values) {
  if (form == nullptr) return false;
  const ValueInfo& out = values[idx(step.output)];
  const bool per_channel = form->epilogue().parameters().mean != nullptr;
  if (per_channel && form->channels() != out.channels) return false;
  return std::all_of(step.reads.begin(), step.reads.end(),
                     [&](int value) { return are_alike(values[idx(value)], out); });
}

}  // namespace

ReplayStep make_replay_step(const PlanStep& from, int output, const std::vector<ValueInfo>& values,
                            const Shortcuts& shortcuts, Weights weights) {
  ReplayStep step;
  step.kernel = from.kernel.get();
  step.reads = from.reads;
  step.output = output;
  const ValueInfo &in = values[idx(step.reads.front())], &out = values[idx(output)];
  const auto* form = dynamic_cast<const ElementwiseForm*>(step.kernel);
  step.linear = linear_step(step.kernel, in, out, weights);
  if (step.linear && !shortcuts.clipped_outputs) step.linear->clipped_bound.reset();
  step.mask = dynamic_cast<const MaskKernel*>(step.kernel);
  step.movement = movement_step(step.kernel, in, out);
  step.average = average_step(step.kernel, in, out);
  step.elementwise = is_elementwise(form, step, values);
  step.window = window_step(step.kernel, in, out);
  step.joins = is_join(step, values);
  step.function = function_of(step.kernel, in, out);
  step.binary = binary_step(step, values);
  if (step.window) step.epilogue = step.window->kernel->epilogue();
  if (step.linear) step.epilogue = &step.linear->kernel->epilogue();
  if (step.elementwise) step.epilogue = &form->epilogue();
  step.has_add = step.epilogue != nullptr && step.epilogue->has_add();
  // The operand of a fused Add has the output's geometry, or the step has no form.
  if (step.has_add && !are_alike(values[idx(step.reads.back())], out)) {
    step.linear.reset();
    step.window.reset();
  }
  return step;
}

}  // namespace tf_injector::detail::replay
