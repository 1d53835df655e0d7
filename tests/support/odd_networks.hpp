// Networks for tests of replay with what residual networks lack.
#pragma once

#include <cmath>

#include "support/random_network.hpp"

namespace tf_injector::detail::test {

// A graph with random weights, and which of them are faulted.
struct RandomGraph {
  std::mt19937& rng;
  Graph graph;
  std::vector<size_t> kernels;

  WeightId weight(const Shape& shape, float scale) {
    Weight w{"w" + std::to_string(graph.weights.size()), shape,
             random_values(rng, shape.elements(), Values::ordinary)};
    for (float& v : w.values) v *= scale;
    graph.weights.push_back(std::move(w));
    return static_cast<WeightId>(graph.weights.size() - 1);
  }
  WeightId faultable(WeightId id) {
    kernels.push_back(static_cast<size_t>(id));
    return id;
  }
  NodeId relu(NodeId h) { return graph.add("relu", ops::Activation{}, {h}); }
};

// A network with what residual networks lack: a weight that two convolutions share, groups, a sum of three, a
// Dense over a flattened image whose sum is cut into blocks, a Dense behind it, and no ReLU in places.
struct OddNetwork : RandomGraph {
  OddNetwork(std::mt19937& random, bool infinite_weight) : RandomGraph{random, {}, {}} {
    constexpr int64_t kSide = 8, kChannels = 12;
    const auto convolve = [&](NodeId in, WeightId kernel, int64_t groups) {
      return graph.add("conv",
                       ops::Conv2D{.kernel = kernel,
                                   .kernel_size = {3, 3},
                                   .groups = groups,
                                   .filters = kChannels,
                                   .padding = ops::Padding::same},
                       {in});
    };
    const NodeId in = graph.add_input("in", "in", {kSide, kSide, 3});
    NodeId h = relu(convolve(in, faultable(weight({3, 3, 3, kChannels}, 0.3f)), 1));
    const WeightId shared = faultable(weight({3, 3, kChannels, kChannels}, 0.1f));
    const NodeId a = relu(convolve(h, shared, 1));
    const NodeId b = convolve(a, shared, 1);
    h = graph.add("sum", ops::Add{}, {h, a, b});
    h = relu(h);
    const WeightId grouped = faultable(weight({3, 3, kChannels / 3, kChannels}, 0.2f));
    if (infinite_weight) graph.weights[static_cast<size_t>(grouped)].values[5] = HUGE_VALF;
    h = convolve(h, grouped, 3);
    const WeightId last = faultable(weight({3, 3, kChannels, kChannels}, 0.1f));
    if (infinite_weight) graph.weights[static_cast<size_t>(last)].values[7] = -HUGE_VALF;
    h = relu(convolve(h, last, 1));
    h = graph.add("flat", ops::Reshape{Shape{kSide * kSide * kChannels}}, {h});
    h = relu(graph.add(
        "dense",
        ops::Dense{faultable(weight({kSide * kSide * kChannels, 20}, 0.05f)), weight({20}, 0.1f), 20}, {h}));
    h = graph.add("scores", ops::Dense{faultable(weight({20, 7}, 0.3f)), weight({7}, 0.1f), 7}, {h});
    graph.outputs = {h};
    graph.output_names = {"scores"};
  }
};

// Ops of single channels and joins: groups, depthwise, max pooling behind a border of -Inf, branches.
struct ChannelNetwork : RandomGraph {
  ChannelNetwork(std::mt19937& random, bool infinite_weight) : RandomGraph{random, {}, {}} {
    constexpr int64_t kSide = 7, kChannels = 18;
    const auto convolve = [&](NodeId in, int64_t size, int64_t cin, int64_t filters, int64_t groups) {
      ops::Conv2D op{
          .kernel_size = {size, size}, .groups = groups, .filters = filters, .padding = ops::Padding::same};
      op.kernel = faultable(weight({size, size, cin / groups, filters}, 0.3f));
      return graph.add("conv", op, {in});
    };
    const NodeId in = graph.add_input("in", "in", {kSide, kSide, 3});
    const NodeId stem = relu(convolve(in, 3, 3, kChannels, 1));
    NodeId grouped = convolve(stem, 3, kChannels, kChannels, kChannels);
    if (infinite_weight) graph.weights.back().values[20] = HUGE_VALF;
    grouped = relu(graph.add("sum", ops::Add{}, {grouped, stem}));
    const ops::DepthwiseConv2D depthwise{.kernel = weight({5, 3, kChannels, 1}, 0.3f),
                                         .bias = weight({kChannels}, 0.1f),
                                         .kernel_size = {5, 3},
                                         .padding = ops::Padding::same};
    const NodeId deep = graph.add("depthwise", depthwise, {convolve(stem, 1, kChannels, kChannels, 1)});
    NodeId pooled = graph.add("pad", ops::Pad{{{{1, 1}}, {{1, 1}}, {{0, 0}}}, -HUGE_VALF}, {grouped});
    pooled = graph.add("pool", ops::MaxPool2D{.pool_size = {3, 3}, .strides = {1, 1}}, {pooled});
    NodeId h = graph.add("join", ops::Concat{2}, {deep, stem, pooled});
    h = graph.add("join", ops::Concat{2}, {h, relu(convolve(h, 3, 3 * kChannels, 9, 1))});
    h = graph.add("pool",
                  ops::MaxPool2D{.pool_size = {2, 3}, .strides = {2, 2}, .padding = ops::Padding::same}, {h});
    h = convolve(h, 1, 3 * kChannels + 9, 20, 1);
    const NodeId largest = graph.add("largest", ops::GlobalMaxPool{}, {h});
    const NodeId mean =
        graph.add("mean", ops::GlobalAveragePool{}, {graph.add("tall", ops::Concat{0}, {h, h})});
    h = graph.add("vectors", ops::Concat{0}, {largest, mean});
    h = graph.add("scores", ops::Dense{faultable(weight({40, 7}, 0.3f)), weight({7}, 0.1f), 7}, {h});
    graph.outputs = {h};
    graph.output_names = {"scores"};
  }
};

// Functions that are no ReLU, gates, and binary ops of every kind of operand. `odd`: sizes that are no whole
// vectors of TensorFlow's, so that the end of a batch is computed in another way.
struct GateNetwork : RandomGraph {
  GateNetwork(std::mt19937& random, bool odd) : RandomGraph{random, {}, {}} {
    const int64_t side = odd ? 5 : 6, channels = odd ? 11 : 16, last = odd ? 9 : 8;
    const auto convolve = [&](NodeId in, int64_t size, int64_t cin, int64_t filters) {
      ops::Conv2D op{.kernel_size = {size, size}, .filters = filters, .padding = ops::Padding::same};
      op.kernel = faultable(weight({size, size, cin, filters}, 0.4f));
      return graph.add("conv", op, {in});
    };
    const auto apply = [&](ops::FunctionKind kind, NodeId in) {
      return graph.add("function", ops::Function{.kind = kind, .alpha = 0.3f}, {in});
    };
    const auto combine = [&](ops::BinaryKind kind, NodeId a, NodeId b) {
      return graph.add("binary", ops::Binary{.kind = kind}, {a, b});
    };
    const auto with_constant = [&](ops::BinaryKind kind, NodeId a, const Shape& shape, bool first) {
      return graph.add("constant",
                       ops::Binary{.kind = kind,
                                   .constant = weight(shape, 1.0f),
                                   .constant_shape = shape,
                                   .constant_first = first},
                       {a});
    };
    using ops::BinaryKind;
    using ops::FunctionKind;
    const NodeId in = graph.add_input("in", "in", {side, side, 3});
    NodeId h = apply(FunctionKind::silu, convolve(in, 3, 3, channels));
    NodeId gate = graph.add("mean", ops::GlobalAveragePool{}, {h});
    gate = graph.add("gate", ops::Reshape{Shape{1, 1, channels}}, {gate});
    gate = apply(FunctionKind::sigmoid, convolve(gate, 1, channels, channels));
    h = combine(BinaryKind::multiply, h, gate);
    const NodeId a = apply(FunctionKind::leaky_relu, convolve(h, 3, channels, channels));
    h = combine(BinaryKind::subtract, gate, combine(BinaryKind::maximum, a, h));
    h = with_constant(BinaryKind::subtract, h, {channels}, true);
    h = with_constant(BinaryKind::multiply, h, {1}, false);
    h = apply(FunctionKind::elu, convolve(h, 1, channels, channels));
    h = with_constant(BinaryKind::divide, h, {side, side, channels}, true);  // of zeros: Inf, NaN
    h = combine(BinaryKind::minimum, h, a);
    h = apply(FunctionKind::tanh, convolve(h, 3, channels, last));
    const NodeId map = graph.add("map", ops::Reshape{Shape{side * side, last}}, {h});
    h = graph.add("flat", ops::Reshape{Shape{side * side * last}}, {combine(BinaryKind::add, map, map)});
    h = graph.add("scores",
                  ops::Dense{faultable(weight({side * side * last, 7}, 0.3f)), weight({7}, 0.1f), 7}, {h});
    graph.outputs = {h};
    graph.output_names = {"scores"};
  }
};

}  // namespace tf_injector::detail::test
