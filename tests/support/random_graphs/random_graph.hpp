// A random network over all ops: a seed gives its graph, the kernels that faults may hit, and images for it.
#pragma once

#include <array>
#include <utility>

#include "support/random_graphs/grow_elementwise.hpp"
#include "support/random_graphs/grow_joins.hpp"
#include "support/random_graphs/grow_linear.hpp"
#include "support/random_graphs/grow_movement.hpp"

namespace tf_injector::detail::test {

// How often an op is tried.
template <class O>
int share_of(Kind<O>, Theme theme) {
  if (std::is_same_v<O, ops::Mask>) return 0;
  const auto is = [](auto... kind) { return (std::is_same_v<Kind<O>, decltype(kind)> || ...); };
  if (is(Kind<ops::Conv2D>{})) return theme == Theme::joins ? 3 : 6;
  if (is(Kind<ops::Dense>{})) return theme == Theme::joins ? 6 : 4;
  if (is(Kind<ops::Concat>{}, Kind<ops::Reshape>{})) return theme == Theme::joins ? 8 : 2;
  if (is(Kind<ops::Binary>{}, Kind<ops::Function>{})) return theme == Theme::joins ? 4 : 2;
  if (is(Kind<ops::DepthwiseConv2D>{})) return 2;
  if (is(Kind<ops::AveragePool2D>{}, Kind<ops::GlobalAveragePool>{}))
    return theme == Theme::cancelling ? 6 : 1;
  return 1;
}

namespace detail {

struct GrowingOp {
  Grown (*grow)(GrowingGraph&);
  int (*share)(Theme theme);
};

template <class O>
Grown grow_op(GrowingGraph& g) {
  return grow(Kind<O>{}, g);
}
template <class O>
int share_of_op(Theme theme) {
  return share_of(Kind<O>{}, theme);
}
template <size_t... I>
constexpr auto growing_ops(std::index_sequence<I...>) {
  return std::array{GrowingOp{&grow_op<std::variant_alternative_t<I, Op>>,
                              &share_of_op<std::variant_alternative_t<I, Op>>}...};
}
inline constexpr auto kGrowingOps = growing_ops(std::make_index_sequence<std::variant_size_v<Op>>());

}  // namespace detail

inline void grow_some_op(GrowingGraph& g) {
  int shares = 0;
  for (const detail::GrowingOp& op : detail::kGrowingOps) shares += op.share(g.theme);
  int64_t left = g.dice.from(0, shares - 1);
  for (const detail::GrowingOp& op : detail::kGrowingOps) {
    left -= op.share(g.theme);
    if (left < 0) {
      op.grow(g);
      return;
    }
  }
}

// The scores: of every end as it is, or of a classifier on the last one.
inline void close(GrowingGraph& g) {
  Dice& dice = g.dice;
  std::vector<NodeId> ends = g.open_ends();
  if (dice.chance(is_edge(g.theme) ? 0.2 : 0.4)) ends = {g.last()};
  std::vector<NodeId> vectors;
  for (const NodeId end : ends) {
    const Shape& shape = g.shape(end);
    vectors.push_back(shape.rank() == 1 ? end : g.add(ops::Reshape{Shape{shape.elements()}}, {end}));
  }
  NodeId scores = vectors.size() == 1 ? vectors[0] : g.add(ops::Concat{0}, vectors);
  if (dice.chance(is_edge(g.theme) ? 0.1 : 0.25)) {
    const int64_t inputs = g.shape(scores).elements(), units = dice.from(1, 10);
    const double size = -g.decade(scores) - 0.5 * std::log10(static_cast<double>(inputs));
    const WeightId kernel = g.kernel({inputs, units}, size, random_spread(dice, g.theme));
    scores = g.add(ops::Dense{.kernel = kernel, .units = units}, {scores});
  }
  if (dice.chance(0.05)) scores = g.add(ops::Softmax{}, {scores});
  g.graph.outputs = {scores};
  g.graph.output_names = {"scores"};
}

// One layer makes numbers of the magnitude that the edge needs, the next brings them there.
inline void grow_layers_at_the_edge(GrowingGraph& g) {
  if (g.theme != Theme::cancelling || g.dice.chance(0.5)) grow_common_layer(g);
  if (g.dice.chance(0.2)) grow_some_op(g);
  grow_common_layer(g);
  if (g.theme == Theme::cancelling) {
    if (g.dice.chance(0.6)) {
      grow(Kind<ops::AveragePool2D>{}, g);
    } else {
      grow(Kind<ops::GlobalAveragePool>{}, g);
    }
  } else if (g.dice.chance(0.3)) {
    grow_common_layer(g);
  }
}

inline Theme random_theme(Dice& dice) {
  using enum Theme;  // where there is most to be found, more often
  return dice.among({ordinary, ordinary,  joins,      joins,      joins,      overflow,   overflow,
                     overflow, underflow, underflow,  underflow,  cancelling, cancelling, cancelling,
                     squares,  squares,   tiny_slope, tiny_slope, wide,       special});
}

inline GrowingGraph random_graph(Dice& dice, int images) {
  const Theme theme = random_theme(dice);
  GrowingGraph g(dice, theme, images);
  if (dice.chance(is_edge(theme) ? 0.95 : 0.8)) {
    const int64_t least = is_edge(theme) ? 2 : 1, most = theme == Theme::cancelling ? 4 : 8;
    g.add_input({dice.from(least, most), dice.from(least, most),
                 dice.among({least, int64_t{3}, int64_t{3}, most, 2 * most})});
  } else {
    g.add_input(random_shape(dice, dice.from(4, 120), static_cast<int>(dice.from(1, 4))));
  }
  if (is_edge(theme)) {
    grow_layers_at_the_edge(g);
  } else {
    grow(Kind<ops::Conv2D>{}, g);
  }
  constexpr int64_t kMostAll = 5 * kMostMultiplyAdds / 2;
  for (int64_t ops = is_edge(theme) ? dice.among({int64_t{0}, int64_t{0}, int64_t{1}, int64_t{2}, int64_t{3}})
                                    : dice.from(2, 12);
       ops > 0 && g.multiply_adds < kMostAll; --ops)
    grow_some_op(g);
  while (g.kernels.empty()) grow(Kind<ops::Dense>{}, g);
  close(g);
  return g;
}

}  // namespace tf_injector::detail::test
