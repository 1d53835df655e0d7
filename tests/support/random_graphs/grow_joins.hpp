// Where several values meet: new inputs, Concat on every axis, Add, Binary with every kind of stretching.
#pragma once

#include "support/random_graphs/grow_linear.hpp"

namespace tf_injector::detail::test {

// No graph holds one: plans get them where faults hit outputs.
inline Grown grow(Kind<ops::Mask>, GrowingGraph&) { return std::nullopt; }

inline Grown grow(Kind<ops::Input>, GrowingGraph& g) {
  constexpr size_t kMostInputs = 3;
  if (g.graph.inputs.size() >= kMostInputs) return std::nullopt;
  if (g.dice.chance(0.5)) return g.add_input(g.shape(g.some_node()));  // fits Add
  const int rank = static_cast<int>(g.dice.from(1, 4));
  return g.add_input(random_shape(g.dice, g.dice.from(4, 80), rank));
}

// A value that differs from that of `id` in this axis at most.
inline NodeId neighbour(GrowingGraph& g, NodeId id, int axis) {
  Dice& dice = g.dice;
  const Shape& shape = g.shape(id);
  const auto rank = static_cast<size_t>(shape.rank()), at = static_cast<size_t>(axis);
  switch (dice.from(0, 4)) {
    case 0: {
      ops::Slice slice;
      for (const int64_t length : shape.dims())
        slice.axes.push_back({.begin = 0, .step = 1, .count = length});
      slice.axes[at].count = dice.from(1, shape[axis]);
      return g.add(slice, {id});
    }
    case 1: {
      ops::Pad pad{.paddings = std::vector<std::array<int64_t, 2>>(rank), .value = 0.0f};
      pad.paddings[at] = {dice.from(0, 1), dice.from(0, 2)};
      return g.add(pad, {id});
    }
    case 2:
      if (axis + 1 == shape.rank()) {
        const int64_t units = random_channels(dice);
        if (shape.elements() * units > kMostMultiplyAdds / 4) break;
        const double size = -0.5 * std::log10(static_cast<double>(shape.back()));
        const WeightId kernel = g.kernel({shape.back(), units}, size, random_spread(dice, g.theme));
        return g.add(ops::Dense{.kernel = kernel, .units = units}, {id});
      }
      break;
    default:
      break;
  }
  return sibling(g, id);
}

inline Grown grow(Kind<ops::Concat>, GrowingGraph& g) {
  const NodeId first = g.some_node();
  const int rank = g.shape(first).rank();
  if (rank == 0) return std::nullopt;
  const int axis = g.dice.chance(0.6) ? rank - 1 : static_cast<int>(g.dice.from(0, rank - 1));
  std::vector<NodeId> parts = {first};
  int64_t elements = g.shape(first).elements();
  for (int64_t more = g.dice.among({1, 1, 2}); more > 0; --more) {
    parts.push_back(neighbour(g, first, axis));
    elements += g.shape(parts.back()).elements();
  }
  if (elements > kMostElements) return std::nullopt;
  if (g.dice.chance(0.5)) std::swap(parts.front(), parts.back());
  return g.add(ops::Concat{axis}, parts);
}

inline Grown grow(Kind<ops::Add>, GrowingGraph& g) {
  std::vector<NodeId> operands = {g.some_node()};
  for (int64_t more = g.dice.among({0, 1, 1, 2, 3}); more > 0; --more)
    operands.push_back(sibling(g, operands.front()));
  const NodeId sum = g.add(ops::Add{}, operands);
  return g.dice.chance(0.5) ? relu(g, sum) : sum;
}

// The value with some axes cut to length 1, which are stretched again.
inline NodeId narrowed(GrowingGraph& g, NodeId id) {
  if (g.shape(id).rank() == 3 && g.dice.chance(0.4))
    return g.add(ops::GlobalAveragePool{.keepdims = true}, {id});
  ops::Slice slice;
  for (const int64_t length : g.shape(id).dims()) {
    slice.axes.push_back({.begin = 0, .step = 1, .count = length});
    if (g.dice.chance(0.5)) slice.axes.back().count = 1;
  }
  return g.add(slice, {id});
}

inline Shape random_constant_shape(Dice& dice, const Shape& shape) {
  std::vector<int64_t> dims = shape.dims();
  for (int64_t& dim : dims) {
    if (dice.chance(0.4)) dim = 1;
  }
  const auto missing = static_cast<std::ptrdiff_t>(dice.from(0, shape.rank()));
  if (dice.chance(0.5)) dims.erase(dims.begin(), dims.begin() + missing);
  return Shape(std::move(dims));
}

inline Grown grow(Kind<ops::Binary>, GrowingGraph& g) {
  Dice& dice = g.dice;
  const NodeId in = g.some_node();
  ops::Binary op{.kind = static_cast<ops::BinaryKind>(dice.from(0, 5))};
  if (dice.chance(0.4)) {
    op.constant_shape = random_constant_shape(dice, g.shape(in));
    const bool is_sum = op.kind == ops::BinaryKind::add || op.kind == ops::BinaryKind::subtract;
    const double size = is_sum || dice.chance(0.5) ? g.decade(in) : dice.real(-2.0, 2.0);
    op.constant = g.weight(op.constant_shape, size, random_spread(dice, g.theme));
    op.constant_first = dice.chance(0.4);
    return g.add(op, {in});
  }
  NodeId other = dice.chance(0.5) ? narrowed(g, in) : sibling(g, in), one = in;
  if (dice.chance(0.2)) one = narrowed(g, in);  // both are stretched
  if (dice.chance(0.5)) std::swap(one, other);
  return g.add(op, {one, other});
}

}  // namespace tf_injector::detail::test
