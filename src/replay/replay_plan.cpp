#include "replay/replay_plan.hpp"

#include <algorithm>

#include "core/bits.hpp"

namespace tf_injector::replay {
namespace {

ValueInfo value_of(const Shape& shape, int slot) {
  const int64_t channels = shape.rank() == 0 ? 1 : shape.back(), elements = shape.elements();
  return {channels > 0 ? elements / channels : 0, channels, slot};
}

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

constexpr int64_t kCarriedFloats = int64_t{16} << 20;  // one generation of carried packs: at most 64 MiB
constexpr int64_t kMostPacks = 4;

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

bool is_elementwise(const ElementwiseForm* form, const ReplayStep& step,
                    const std::vector<ValueInfo>& values) {
  if (form == nullptr) return false;
  const ValueInfo& out = values[idx(step.output)];
  const bool per_channel = form->epilogue().parameters().mean != nullptr;
  if (per_channel && form->channels() != out.channels) return false;
  return std::all_of(step.reads.begin(), step.reads.end(), [&](int value) {
    return values[idx(value)].positions == out.positions && values[idx(value)].channels == out.channels;
  });
}

}  // namespace

ReplayPlan::ReplayPlan(const Plan& plan, const Shortcuts& shortcuts, PackSize size, Weights weights)
    : plan_(plan), table_(*simd::pack_table(plan.kernels())), shortcuts_(shortcuts), size_(size) {
  const Plan::Impl& p = plan.impl();
  values_.reserve(p.inputs.size() + p.steps.size());
  steps_.reserve(p.steps.size());
  for (size_t i = 0; i < p.inputs.size(); ++i)
    values_.push_back(value_of(p.inputs[i].shape, p.memory.slot_of_input[i]));
  for (size_t i = 0; i < p.steps.size(); ++i)
    values_.push_back(value_of(p.steps[i].shape, p.memory.slot_of_step[i]));
  for (size_t i = 0; i < p.steps.size(); ++i)
    add_step(p.steps[i], static_cast<int>(p.inputs.size() + i), weights);
  cut_segments();
  if (size_.lanes == 0) size_ = pack_sizes().front();
  sizes_ = ReplaySizes(*this, size_);
}

// Together with the packs that are carried, their memory: at most kCarriedFloats and kMostPacks. Smaller ones
// take less, and are slower. None is larger than the faults are many.
std::vector<PackSize> ReplayPlan::pack_sizes(size_t faults) const {
  int64_t largest = 1;
  const int width = table_.width();
  for (size_t slot = 0; slot < plan_.impl().memory.slot_elements.size(); ++slot)
    largest = std::max(largest, pixel_buffer_limit(static_cast<int>(slot), width).values);
  const auto packs = static_cast<size_t>(std::clamp<int64_t>(kCarriedFloats / largest, 2, kMostPacks));
  std::vector<PackSize> sizes = {{width, packs}, {width, 1}};
  for (int lanes = width / 2; lanes >= table_.lanes; lanes /= 2) sizes.push_back({lanes, 1});
  for (const int lanes : {4, 1}) {
    if (lanes < table_.lanes) sizes.push_back({lanes, 1});
  }
  const size_t most = std::max<size_t>(faults, 1);
  if (most >= idx(width) * packs) return sizes;
  std::vector<PackSize> fitting;
  for (PackSize size : sizes) {
    size.lanes = static_cast<int32_t>(std::min(idx(size.lanes), most));
    size.packs = std::min(size.packs, (most + idx(size.lanes) - 1) / idx(size.lanes));
    if (fitting.empty() || !(size == fitting.back())) fitting.push_back(size);
  }
  return fitting;
}

void ReplayPlan::cut_segments() {
  std::vector<size_t> last_read(values_.size(), 0);
  for (size_t s = 0; s < steps_.size(); ++s) {
    for (int value : steps_[s].reads) last_read[idx(value)] = s;
  }
  size_t first = 0;
  const auto inputs = static_cast<int>(plan_.inputs().size());
  for (size_t s = 0; s < steps_.size(); ++s) {
    int live = 0, value = output();
    for (int v = inputs; v <= steps_[s].output; ++v) {  // inputs are never faulty
      if (last_read[idx(v)] <= s && v != output()) continue;
      ++live;
      value = v;
    }
    if (live != 1 && s + 1 != steps_.size()) continue;
    segments_.push_back(
        {first, s + 1, s + 1 == steps_.size() ? output() : value, per_fault_limit(first, s + 1)});
    first = s + 1;
  }
}

// A position costs a pack this much before any multiply-add (lists, bounds, packing), in vectors of them; a
// fault that runs alone has to compute all inputs and channels instead. Found by trying (scripts/bench).
int ReplayPlan::per_fault_limit(size_t first, size_t end) const {
  constexpr int64_t kPositionCost = 7000;
  int64_t alone = 1;
  for (size_t s = first; s < end; ++s) {
    if (!steps_[s].linear) continue;
    const LinearGeometry& g = steps_[s].linear->geometry;
    alone = std::max(alone, g.taps * g.cin * ((g.cout + table_.lanes - 1) / table_.lanes));
  }
  return static_cast<int>(std::clamp<int64_t>(kPositionCost / alone, 1, kMaxPerFault));
}

int64_t ReplayPlan::slot_positions(int slot) const {
  int64_t positions = 0;
  for (const ValueInfo& value : values_) {
    if (value.slot == slot) positions = std::max(positions, value.positions);
  }
  return positions;
}

// All lanes of all elements with the changes of the pixels; half as much again for what pixels leave behind
// that were written anew, or a pixel.
PixelBufferLimit ReplayPlan::pixel_buffer_limit(int slot, int32_t lanes) const {
  const int64_t row = (lanes + table_.lanes - 1) / table_.lanes * table_.lanes;
  PixelBufferLimit limit;
  for (const ValueInfo& value : values_) {
    if (value.slot != slot) continue;
    const int64_t pixels = value.positions + std::max<int64_t>(1, value.positions / 2);
    limit.values = std::max(limit.values, pixels * (value.channels + 1) * row + table_.lanes);
    limit.channels = std::max(limit.channels, pixels * value.channels + simd::kMaxWidth);
  }
  return limit;
}

void ReplayPlan::add_step(const PlanStep& from, int output, Weights weights) {
  ReplayStep step;
  step.kernel = from.kernel.get();
  step.reads = from.reads;
  step.output = output;
  const ValueInfo &in = values_[idx(step.reads.front())], &out = values_[idx(output)];
  const auto* form = dynamic_cast<const ElementwiseForm*>(step.kernel);
  step.linear = linear_step(step.kernel, in, out, weights);
  if (step.linear && !shortcuts_.clipped_outputs) step.linear->clipped_bound.reset();
  step.movement = movement_step(step.kernel, in, out);
  step.average = average_step(step.kernel, in, out);
  step.elementwise = is_elementwise(form, step, values_);
  step.window = window_step(step.kernel, in, out);
  step.joins = is_join(step, values_);
  step.function = function_of(step.kernel, in, out);
  step.binary = binary_step(step, values_);
  if (step.window) step.epilogue = step.window->kernel->epilogue();
  if (step.linear) step.epilogue = &step.linear->kernel->epilogue();
  if (step.elementwise) step.epilogue = &form->epilogue();
  step.has_add = step.epilogue != nullptr && step.epilogue->has_add();
  if (step.linear && step.has_add) {
    const ValueInfo& add = values_[idx(step.reads.back())];
    if (add.positions != out.positions || add.channels != out.channels) step.linear.reset();
  }
  if (step.window && step.has_add) {
    const ValueInfo& add = values_[idx(step.reads.back())];
    if (add.positions != out.positions || add.channels != out.channels) step.window.reset();
  }
  steps_.push_back(std::move(step));
}

std::vector<size_t> ReplayPlan::steps_holding(WeightId weight) const {
  std::vector<size_t> holding;
  for (size_t s = 0; s < steps_.size(); ++s) {
    if (steps_[s].kernel->holds(weight)) holding.push_back(s);
  }
  return holding;
}

}  // namespace tf_injector::replay
