// Ops that move elements about, and pooling.
#pragma once

#include <numeric>

#include "support/random_graphs/grow_linear.hpp"

namespace tf_injector::detail::test {

inline Grown grow(Kind<ops::Pad>, GrowingGraph& g) {
  const NodeId in = g.some_node();
  ops::Pad op;
  Shape padded = g.shape(in);
  std::vector<int64_t> dims = padded.dims();
  for (int64_t& dim : dims) {
    op.paddings.push_back({0, 0});
    if (g.dice.chance(0.5)) op.paddings.back() = {g.dice.from(0, 2), g.dice.from(0, 2)};
    dim += op.paddings.back()[0] + op.paddings.back()[1];
  }
  if (!is_small(Shape(dims))) return std::nullopt;
  op.value = g.dice.among({0.0f, 0.0f, 0.0f, -0.0f, 1.5f, -HUGE_VALF});
  return g.add(op, {in});
}

inline Grown grow(Kind<ops::Slice>, GrowingGraph& g) {
  Dice& dice = g.dice;
  const NodeId in = g.some_node();
  ops::Slice op;
  for (const int64_t length : g.shape(in).dims()) {
    ops::SliceAxis axis{.begin = 0, .step = 1, .count = length};
    if (dice.chance(0.5)) {
      axis.begin = dice.from(0, length - 1);
      axis.step = dice.among({1, 1, 2, 3, -1, -2});
      const int64_t most =
          axis.step > 0 ? (length - 1 - axis.begin) / axis.step + 1 : axis.begin / -axis.step + 1;
      axis.count = dice.chance(0.5) ? most : dice.from(1, most);
      axis.dropped = axis.count == 1 && dice.chance(0.4);
    }
    op.axes.push_back(axis);
  }
  return g.add(op, {in});
}

inline Grown grow(Kind<ops::Transpose>, GrowingGraph& g) {
  const NodeId in = g.some_node();
  ops::Transpose op;
  op.perm.resize(static_cast<size_t>(g.shape(in).rank()));
  std::iota(op.perm.begin(), op.perm.end(), 0);
  for (size_t i = op.perm.size(); i > 1; --i)
    std::swap(op.perm[i - 1], op.perm[static_cast<size_t>(g.dice.from(0, static_cast<int64_t>(i) - 1))]);
  return g.add(op, {in});
}

// Ranks 1 to 5. What comes behind makes use of the shape, else the op would vanish from the plan.
inline Grown grow(Kind<ops::Reshape>, GrowingGraph& g) {
  const NodeId in = g.some_node();
  const int rank = static_cast<int>(g.dice.from(1, 5));
  return g.add(ops::Reshape{random_shape(g.dice, g.shape(in).elements(), rank)}, {in});
}

inline Grown grow(Kind<ops::Repeat>, GrowingGraph& g) {
  const NodeId in = g.some_node();
  ops::Repeat op;
  int64_t elements = g.shape(in).elements();
  for (int axis = 0; axis < g.shape(in).rank(); ++axis) {
    op.times.push_back(g.dice.among({1, 1, 2, 3}));
    elements *= op.times.back();
  }
  if (elements > kMostElements) return std::nullopt;
  return g.add(op, {in});
}

inline Grown grow(Kind<ops::Resize>, GrowingGraph& g) {
  const NodeId in = g.some_image();
  const Shape& shape = g.shape(in);
  ops::Resize op{.method = static_cast<ops::ResizeMethod>(
                     g.dice.from(0, static_cast<int64_t>(ops::ResizeMethod::mitchellcubic)))};
  for (int axis : {0, 1}) op.size[static_cast<size_t>(axis)] = g.dice.from(1, 2 * shape[axis] + 1);
  op.antialias = g.dice.chance(0.3);
  if (op.size[0] * op.size[1] * shape[2] > kMostElements) return std::nullopt;
  return g.add(op, {in});
}

// --- pooling ---

inline Grown grow(Kind<ops::AveragePool2D>, GrowingGraph& g) {
  const NodeId in = g.some_image();
  const RandomWindow w(g.dice, g.shape(in));
  ops::AveragePool2D op{.pool_size = w.size, .strides = w.strides, .padding = w.padding};
  if (g.dice.chance(0.5)) op.strides = op.pool_size;
  if (op.padding == ops::Padding::valid) {  // whose size was made for a dilation
    for (size_t a : {0, 1}) op.pool_size[a] = std::min(op.pool_size[a], g.shape(in)[static_cast<int>(a)]);
  }
  return g.add(op, {in});
}

inline Grown grow(Kind<ops::MaxPool2D>, GrowingGraph& g) {
  const NodeId in = with_border(g, g.some_image(), -HUGE_VALF);
  const RandomWindow w(g.dice, g.shape(in));
  ops::MaxPool2D op{.pool_size = w.size, .strides = w.strides, .padding = w.padding};
  if (g.dice.chance(0.5)) op.strides = op.pool_size;
  return g.add(op, {in});
}

inline Grown grow(Kind<ops::GlobalAveragePool>, GrowingGraph& g) {
  return g.add(ops::GlobalAveragePool{.keepdims = g.dice.chance(0.3)}, {g.some_image()});
}

inline Grown grow(Kind<ops::GlobalMaxPool>, GrowingGraph& g) {
  return g.add(ops::GlobalMaxPool{.keepdims = g.dice.chance(0.3)}, {g.some_image()});
}

}  // namespace tf_injector::detail::test
