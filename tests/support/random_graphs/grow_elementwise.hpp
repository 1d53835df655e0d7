// Ops of every element on its own, normalisations, softmax.
#pragma once

#include "support/random_graphs/grow_linear.hpp"

namespace tf_injector::detail::test {

inline Grown grow(Kind<ops::BatchNormalization>, GrowingGraph& g) {
  const NodeId in = g.some_node();
  if (g.shape(in).rank() == 0) return std::nullopt;
  Decades d = decades(g.dice, g.theme, g.decade(in), true);
  d.sum = g.decade(in);
  d.normalised = std::clamp(d.normalised, d.sum - 19.0, d.sum + 19.0);
  const NodeId out = g.add(random_normalization(g, g.shape(in), d), {in});
  return g.dice.chance(0.5) ? relu(g, out) : out;
}

inline Grown grow(Kind<ops::Activation>, GrowingGraph& g) { return relu(g, g.some_node()); }

inline Grown grow(Kind<ops::Function>, GrowingGraph& g) {
  using Functions = ops::FunctionKind;
  ops::Function op{.kind =
                       static_cast<Functions>(g.dice.from(0, static_cast<int64_t>(Functions::general_relu)))};
  op.release = g.dice.chance(0.5) ? ops::TensorFlow::v2_14 : ops::TensorFlow::v2_21;
  op.alpha = static_cast<float>(g.dice.among({0.3, 0.0, 1.0, g.dice.real(0.0, 2.0)}));
  if (op.kind == Functions::general_relu) {
    if (g.dice.chance(0.5)) op.max_value = static_cast<float>(g.dice.real(0.0, 6.0));
    if (g.dice.chance(0.5)) op.threshold = static_cast<float>(g.dice.real(-1.0, 1.0));
  }
  return g.add(op, {g.some_node()});
}

inline Grown grow(Kind<ops::Softmax>, GrowingGraph& g) {
  const NodeId in = g.some_node();
  if (g.shape(in).rank() == 0) return std::nullopt;
  return g.add(ops::Softmax{}, {in});
}

inline Grown grow(Kind<ops::LogSoftmax>, GrowingGraph& g) {
  const NodeId in = g.some_node();
  if (g.shape(in).rank() == 0) return std::nullopt;
  return g.add(ops::LogSoftmax{}, {in});
}

inline Grown grow(Kind<ops::LayerNormalization>, GrowingGraph& g) {
  const NodeId in = g.some_node();
  if (g.shape(in).rank() == 0) return std::nullopt;
  const Shape channels{g.shape(in).back()};
  ops::LayerNormalization op;
  if (g.dice.chance(0.7)) op.gamma = g.weight(channels, 0.0, random_spread(g.dice, g.theme));
  if (g.dice.chance(0.7)) op.beta = g.weight(channels, 0.0, random_spread(g.dice, g.theme));
  op.epsilon = g.dice.among({1e-3f, 1e-6f});
  op.fused = op.epsilon == 1e-3f && g.dice.chance(0.7);
  return g.add(op, {in});
}

}  // namespace tf_injector::detail::test
