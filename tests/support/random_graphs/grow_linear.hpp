// Convolutions and Dense layers with what stands behind them: bias, BatchNormalization, Add, ReLU.
#pragma once

#include "support/random_graphs/grow.hpp"

namespace tf_injector::detail::test {

// --- behind the sum ---

// Of a layer whose sums are to be normalised as `d` says.
inline ops::BatchNormalization random_normalization(GrowingGraph& g, const Shape& in, const Decades& d) {
  Dice& dice = g.dice;
  const Shape channels{in.back()};
  const double variance = -2.0 * (d.normalised - d.sum);  // of a magnitude that divides as is wished
  const Spread signs{.is_even = dice.chance(0.5)}, positive{.negative = 0.0, .is_even = dice.chance(0.8)};
  const double shift = dice.among({-1.0, -0.3, 0.3});
  ops::BatchNormalization op;
  op.mean = g.weight(channels, d.sum + shift, signs);
  op.variance = g.weight(channels, variance, positive);
  if (dice.chance(0.8) || d.outcome != d.normalised)
    op.gamma = g.weight(channels, d.outcome - d.normalised, random_spread(dice, g.theme));
  if (dice.chance(0.7)) op.beta = g.weight(channels, d.outcome + dice.among({-1.0, -0.3, 0.3}), signs);
  op.epsilon = variance > -2.0 ? dice.among({1e-3f, 1e-5f}) : about(variance - dice.real(0.0, 3.0));
  op.fused = in.rank() == 3 && dice.chance(0.7);
  return op;
}

// A value of the same shape as that of `id`: an older one, or what an op of its own makes of it.
inline NodeId sibling(GrowingGraph& g, NodeId id) {
  Dice& dice = g.dice;
  for (NodeId other = static_cast<NodeId>(dice.from(0, g.last())); other <= g.last(); ++other) {
    if (other != id && g.shape(other) == g.shape(id) && dice.chance(0.7)) return other;
  }
  const Shape& shape = g.shape(id);
  if (dice.chance(0.3)) return id;
  if (shape.rank() >= 1 && shape.elements() * shape.back() < kMostMultiplyAdds / 4 && dice.chance(0.5)) {
    const int64_t units = shape.back();
    const double size = dice.real(-0.5, 0.5) - 0.5 * std::log10(static_cast<double>(units));
    const WeightId kernel = g.kernel({units, units}, size, random_spread(dice, g.theme));
    return g.add(ops::Dense{.kernel = kernel, .units = units}, {id});
  }
  return g.add(ops::Function{.kind = dice.among({ops::FunctionKind::tanh, ops::FunctionKind::leaky_relu,
                                                 ops::FunctionKind::sigmoid, ops::FunctionKind::softsign}),
                             .alpha = 0.3f},
               {id});
}

// With a largest value, sometimes: not of numbers that are to become large.
inline NodeId relu(GrowingGraph& g, NodeId id, bool may_be_6 = true) {
  const bool is_6 = may_be_6 && g.dice.chance(0.2);
  return g.add(ops::Activation{is_6 ? ops::ActivationKind::relu6 : ops::ActivationKind::relu}, {id});
}

// What a layer is going to be: chosen before its weights are.
struct LayerPlan {
  bool has_bias = false, is_normalised = false, adds = false, is_clipped = false;
  Decades decades;
  double kernel = 0.0;  // decade of the weights

  LayerPlan(GrowingGraph& g, NodeId in, int64_t depth) {
    Dice& dice = g.dice;
    const double x = g.decade(in);
    is_normalised = dice.chance(g.theme == Theme::cancelling || g.theme == Theme::squares ? 0.1
                                : g.theme == Theme::underflow                             ? 0.7
                                                                                          : 0.5);
    decades = test::decades(dice, g.theme, x, is_normalised);
    if (is_edge(g.theme) && !decades.is_edge && dice.chance(0.7)) is_normalised = false;
    has_bias = dice.chance(g.theme == Theme::cancelling ? 0.1 : 0.3);
    adds = dice.chance(g.theme == Theme::squares && decades.is_edge ? 0.8 : 0.15);
    is_clipped = dice.chance(g.theme == Theme::cancelling  ? 0.1
                             : decades.is_edge             ? 0.85
                             : g.theme == Theme::underflow ? 0.7
                             : g.theme == Theme::squares   ? 0.2
                                                           : 0.4);
    kernel = decades.sum - x - 0.5 * std::log10(static_cast<double>(depth));
  }
};

inline WeightId random_bias(GrowingGraph& g, const LayerPlan& plan, int64_t channels) {
  if (!plan.has_bias) return kNoWeight;
  return g.weight({channels}, plan.decades.sum + g.dice.among({-1.0, 0.0}), random_spread(g.dice, g.theme));
}

inline NodeId finish_layer(GrowingGraph& g, const LayerPlan& plan, NodeId id) {
  if (plan.is_normalised) id = g.add(random_normalization(g, g.shape(id), plan.decades), {id});
  if (plan.adds) {
    const NodeId other = sibling(g, id);
    id = g.add(ops::Add{}, g.dice.chance(0.5) ? std::vector{id, other} : std::vector{other, id});
  }
  return plan.is_clipped ? relu(g, id, plan.decades.outcome < 1.0 || plan.decades.is_edge) : id;
}

// --- layers ---

// An older layer of this kind whose weights fit once more, often.
template <class O>
const O* layer_to_share(GrowingGraph& g, const Shape& kernel) {
  if (!g.dice.chance(0.5)) return nullptr;
  for (NodeId id = g.last(); id >= 0; --id) {
    const auto* op = std::get_if<O>(&g.node(id).op);
    if (op != nullptr && g.graph.weights[static_cast<size_t>(op->kernel)].shape == kernel) return op;
  }
  return nullptr;
}

struct RandomWindow {
  std::array<int64_t, 2> size{1, 1}, strides{1, 1}, dilation{1, 1};
  ops::Padding padding = ops::Padding::valid;

  RandomWindow(Dice& dice, const Shape& in) {
    padding = dice.chance(0.5) ? ops::Padding::same : ops::Padding::valid;
    const bool is_square = dice.chance(0.7), is_dilated = dice.chance(0.15);
    for (size_t axis : {0, 1}) {
      const int64_t length = in[static_cast<int>(axis)];
      size[axis] = is_square && axis == 1 ? size[0] : dice.among({1, 1, 2, 3, 3, 3, 4, 5, 12});
      if (dice.chance(0.1)) size[axis] = length;
      if (is_dilated) dilation[axis] = dice.from(1, 3);
      if (!is_dilated && dice.chance(0.35)) strides[axis] = dice.from(1, 3);
      if (padding == ops::Padding::same) continue;
      dilation[axis] = std::min(dilation[axis], std::max<int64_t>(1, length - 1));
      size[axis] = std::min(size[axis], (length - 1) / dilation[axis] + 1);
    }
  }
};

// Sometimes a border before the window: taken into the convolution where it is one of zeros on h and w.
inline NodeId with_border(GrowingGraph& g, NodeId in, float usual) {
  Dice& dice = g.dice;
  if (!dice.chance(0.25) || !is_small({g.shape(in)[0] + 4, g.shape(in)[1] + 4, g.shape(in)[2]})) return in;
  ops::Pad pad{.paddings = {{0, 0}, {0, 0}, {0, 0}}, .value = usual};
  for (size_t axis : {0, 1}) pad.paddings[axis] = {dice.from(0, 2), dice.from(0, 2)};
  if (dice.chance(0.2)) pad.value = dice.among({-0.0f, 1.0f, 0.0f});
  return g.add(pad, {in});
}

// The layer itself, its kernel one that is there already or a new one, and what stands behind it.
template <class O>
NodeId add_layer(GrowingGraph& g, O op, NodeId in, const Shape& kernel, int64_t channels) {
  const int64_t depth = kernel.elements() / kernel.back();
  const LayerPlan plan(g, in, depth);
  if (const O* shared = layer_to_share<O>(g, kernel)) {
    op.kernel = shared->kernel;
    op.bias = shared->bias;
  } else {
    op.kernel = g.kernel(kernel, plan.kernel, random_spread(g.dice, g.theme));
    op.bias = random_bias(g, plan, channels);
  }
  return finish_layer(g, plan, g.add(op, {in}));
}

inline Grown add_conv2d(GrowingGraph& g, NodeId in, const ops::Conv2D& op) {
  const Shape& shape = g.shape(in);
  const Shape kernel{op.kernel_size[0], op.kernel_size[1], shape[2] / op.groups, op.filters};
  const Shape out = ops::infer_shape(op, std::span(&shape, 1));
  if (!is_small(out) || out.elements() * kernel.elements() / op.filters > kMostMultiplyAdds)
    return std::nullopt;
  return add_layer(g, op, in, kernel, op.filters);
}

inline Grown grow(Kind<ops::Conv2D>, GrowingGraph& g) {
  Dice& dice = g.dice;
  const NodeId in = with_border(g, g.some_image(), 0.0f);
  const int64_t channels = g.shape(in)[2];
  const RandomWindow window(dice, g.shape(in));
  ops::Conv2D op{.kernel_size = window.size,
                 .strides = window.strides,
                 .dilation = window.dilation,
                 .filters = dice.chance(0.3) ? channels : random_channels(dice),
                 .padding = window.padding};
  if (dice.chance(0.25)) {
    op.groups = dice.among({int64_t{2}, int64_t{3}, channels, channels});
    if (channels % op.groups != 0) op.groups = 1;
    op.filters = op.groups * dice.among({1, 1, 2, 3});
  }
  return add_conv2d(g, in, op);
}

inline Grown grow(Kind<ops::DepthwiseConv2D>, GrowingGraph& g) {
  Dice& dice = g.dice;
  const NodeId in = with_border(g, g.some_image(), 0.0f);
  const Shape shape = g.shape(in);
  const RandomWindow window(dice, shape);
  ops::DepthwiseConv2D op{.kernel_size = window.size,
                          .strides = window.strides,
                          .dilation = window.dilation,
                          .multiplier = dice.among({1, 1, 1, 2, 3}),
                          .padding = window.padding};
  const Shape out = ops::infer_shape(op, std::span(&shape, 1));
  if (!is_small(out) || out.elements() * window.size[0] * window.size[1] > kMostMultiplyAdds)
    return std::nullopt;
  return add_layer(g, op, in, {window.size[0], window.size[1], shape[2], op.multiplier}, out[2]);
}

inline Grown add_dense(GrowingGraph& g, NodeId in, int64_t units) {
  const Shape& shape = g.shape(in);
  const int64_t outputs = shape.elements() / shape.back() * units;
  if (outputs > kMostElements || outputs * shape.back() > kMostMultiplyAdds) return std::nullopt;
  return add_layer(g, ops::Dense{.units = units}, in, {shape.back(), units}, units);
}

inline Grown grow(Kind<ops::Dense>, GrowingGraph& g) {
  Dice& dice = g.dice;
  NodeId in = g.some_node();
  if (g.shape(in).rank() > 1 && dice.chance(0.3))
    in = g.add(ops::Reshape{Shape{g.shape(in).elements()}}, {in});
  if (g.shape(in).rank() == 0) return std::nullopt;
  return add_dense(g, in, dice.chance(0.2) ? g.shape(in).back() : random_channels(dice));
}

// A layer of the commonest kind behind the newest node.
inline Grown grow_common_layer(GrowingGraph& g) {
  Dice& dice = g.dice;
  const Shape& shape = g.shape(g.last());
  int64_t channels = g.theme == Theme::underflow ? dice.among({8, 16, 17}) : dice.among({4, 5, 8, 16, 17});
  const bool keeps_shape = g.theme == Theme::squares;  // so that values can be added
  if (keeps_shape && shape.rank() == 3 && !g.kernels.empty()) channels = shape[2];
  if (shape.rank() != 3) return shape.rank() == 0 ? std::nullopt : add_dense(g, g.last(), channels);
  const int64_t size = std::min(shape[0], shape[1]) < 3 ? 1 : dice.among({1, 1, 3});
  return add_conv2d(g, g.last(),
                    {.kernel_size = {size, size},
                     .filters = channels,
                     .padding = keeps_shape || dice.chance(0.5) ? ops::Padding::same : ops::Padding::valid});
}

}  // namespace tf_injector::detail::test
