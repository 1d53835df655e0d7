// Networks over values of every rank, for tests of replay: each op along every axis that it takes.
#pragma once

#include <algorithm>
#include <numeric>

#include "support/odd_networks.hpp"

namespace tf_injector::detail::test {

class ShapeNetwork : public RandomGraph {
 public:
  explicit ShapeNetwork(std::mt19937& random) : RandomGraph{random, {}, {}} {
    std::vector<int64_t> dims;
    for (int64_t axes = pick(1, 4); axes > 0; --axes) dims.push_back(pick(1, axes < 3 ? 5 : 3));
    NodeId h = graph.add_input("in", "in", Shape(dims));
    if (shape(h).rank() == 3 && pick(0, 1) == 0) h = convolution(h);
    add(dense(h));
    for (int64_t steps = pick(5, 10); steps > 0; --steps) add(next(any()));
    // What nobody reads, one behind the other.
    std::vector<NodeId> ends;
    for (const NodeId node : nodes_) {
      const bool is_read = std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& n) {
        return std::find(n.inputs.begin(), n.inputs.end(), node) != n.inputs.end();
      });
      if (!is_read) ends.push_back(reshape(node, {shape(node).elements()}));
    }
    graph.outputs = {graph.add("scores", ops::Concat{0}, ends)};
    graph.output_names = {"scores"};
  }

 private:
  static constexpr int64_t kMostElements = 600;
  static constexpr int kKinds = 17;

  [[nodiscard]] const Shape& shape(NodeId node) const { return graph.nodes[static_cast<size_t>(node)].shape; }
  int64_t pick(int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(rng);
  }
  int axis_of(NodeId h) { return static_cast<int>(pick(0, shape(h).rank() - 1)); }
  NodeId any() {  // later ones more often
    const auto count = static_cast<int64_t>(nodes_.size());
    return nodes_[static_cast<size_t>(std::max(pick(0, count - 1), pick(0, count - 1)))];
  }
  void add(NodeId node) {
    if (shape(node).elements() > kMostElements) node = half(node);
    nodes_.push_back(node);
  }

  NodeId dense(NodeId h) { return dense(h, pick(1, 6)); }
  NodeId dense(NodeId h, int64_t units) {
    const int64_t inputs = shape(h).back();
    const WeightId kernel = faultable(weight({inputs, units}, 1.0f / std::sqrt(static_cast<float>(inputs))));
    return graph.add("dense", ops::Dense{kernel, weight({units}, 0.1f), units}, {h});
  }
  NodeId convolution(NodeId h) {
    const int64_t cin = shape(h)[2], filters = pick(1, 6), size = pick(0, 1) * 2 + 1;
    ops::Conv2D op{.kernel_size = {size, size}, .filters = filters, .padding = ops::Padding::same};
    op.kernel = faultable(weight({size, size, cin, filters}, 0.5f));
    return graph.add("conv", op, {h});
  }
  NodeId reshape(NodeId h, std::vector<int64_t> dims) {
    return graph.add("reshape", ops::Reshape{Shape(std::move(dims))}, {h});
  }
  NodeId function(NodeId h) {
    using Kind = ops::FunctionKind;
    const Kind kinds[] = {Kind::tanh, Kind::sigmoid, Kind::leaky_relu, Kind::softsign};
    return graph.add("function", ops::Function{.kind = kinds[pick(0, 3)], .alpha = 0.3f}, {h});
  }
  NodeId normalization(NodeId h) {
    const int64_t c = shape(h).back();
    ops::BatchNormalization op{weight({c}, 1.0f), weight({c}, 0.3f), weight({c}, 0.3f), weight({c}, 1.0f)};
    for (float& v : graph.weights[static_cast<size_t>(op.variance)].values) v = 0.5f + std::fabs(v);
    op.fused = pick(0, 1) == 0;
    return graph.add("normalization", op, {h});
  }
  // An axis more or less, or all axes anew.
  NodeId other_shape(NodeId h) {
    std::vector<int64_t> dims = shape(h).dims();
    const int axis = axis_of(h);
    const auto at = dims.begin() + axis;
    if (pick(0, 3) == 0) return reshape(h, {shape(h).elements()});
    if (dims.size() > 1 && (dims.size() == 5 || pick(0, 1) == 0)) {  // two neighbours are one
      const auto first = at == dims.begin() ? at : at - 1;
      *first *= *(first + 1);
      dims.erase(first + 1);
    } else {
      int64_t factor = 1;
      for (int64_t f = 2; f < *at; ++f) factor = *at % f == 0 ? f : factor;
      *at /= factor;
      dims.insert(at, factor);
    }
    return reshape(h, dims);
  }
  NodeId transpose(NodeId h) {
    std::vector<int> perm(static_cast<size_t>(shape(h).rank()));
    std::iota(perm.begin(), perm.end(), 0);
    std::shuffle(perm.begin(), perm.end(), rng);
    return graph.add("transpose", ops::Transpose{perm}, {h});
  }
  // Some indices of one axis.
  NodeId slice(NodeId h, int axis, ops::SliceAxis taken) {
    ops::Slice op;
    for (const int64_t length : shape(h).dims()) op.axes.push_back({.count = length});
    op.axes[static_cast<size_t>(axis)] = taken;
    return graph.add("slice", op, {h});
  }
  NodeId half(NodeId h) {
    const auto& dims = shape(h).dims();
    const auto axis = static_cast<int>(std::max_element(dims.begin(), dims.end()) - dims.begin());
    return slice(h, axis, {.count = (shape(h)[axis] + 1) / 2});
  }
  NodeId part(NodeId h) {
    const int axis = axis_of(h);
    const int64_t length = shape(h)[axis], begin = pick(0, length - 1), step = pick(0, 2) == 0 ? -1 : 1;
    return slice(h, axis,
                 {.begin = begin, .step = step, .count = pick(1, step < 0 ? begin + 1 : length - begin)});
  }
  NodeId pad(NodeId h, int axis) {
    ops::Pad op{.paddings =
                    std::vector<std::array<int64_t, 2>>(static_cast<size_t>(shape(h).rank()), {0, 0})};
    op.paddings[static_cast<size_t>(axis)] = {pick(0, 2), pick(0, 2)};
    op.value = pick(0, 2) == 0 ? 1.5f : 0.0f;
    return graph.add("pad", op, {h});
  }
  NodeId repeat(NodeId h, int axis) {
    ops::Repeat op{std::vector<int64_t>(static_cast<size_t>(shape(h).rank()), 1)};
    op.times[static_cast<size_t>(axis)] = 2;
    return graph.add("repeat", op, {h});
  }
  // Of h's shape but for the length of one axis.
  NodeId beside(NodeId h, int axis) {
    if (axis + 1 == shape(h).rank() && pick(0, 1) == 0) return dense(h);
    const int64_t how = pick(0, 3);
    return how == 0 ? pad(h, axis) : how == 1 ? repeat(h, axis) : how == 2 ? function(h) : h;
  }
  NodeId join(NodeId h) {
    const int axis = axis_of(h);
    std::vector<NodeId> inputs = {beside(h, axis), beside(h, axis)};
    if (pick(0, 2) == 0) inputs.push_back(beside(h, axis));
    return graph.add("join", ops::Concat{axis}, inputs);
  }
  // Axes of length 1 are stretched, of either operand.
  NodeId binary(NodeId h) {
    ops::Binary op{.kind = static_cast<ops::BinaryKind>(pick(0, 5))};
    NodeId other = pick(0, 1) == 0 ? function(h) : dense(h, shape(h).back());
    for (int axis = 0; axis < shape(h).rank(); ++axis) {
      if (pick(0, 2) == 0) other = slice(other, axis, {.begin = shape(other)[axis] - 1, .count = 1});
      if (pick(0, 5) == 0) h = slice(h, axis, {.count = 1});
    }
    if (pick(0, 2) == 0) {
      std::vector<int64_t> dims = shape(other).dims();
      dims.erase(dims.begin(), dims.begin() + pick(0, shape(h).rank() - 1));
      op.constant = weight(Shape(dims), 1.0f);
      op.constant_shape = Shape(dims);
      op.constant_first = pick(0, 1) == 0;
      return graph.add("constant", op, {h});
    }
    return graph.add("binary", op, pick(0, 1) == 0 ? std::vector{h, other} : std::vector{other, h});
  }
  NodeId sum(NodeId h) {
    std::vector<NodeId> inputs = {dense(h, shape(h).back()), h};
    if (pick(0, 2) == 0) inputs.push_back(function(h));
    return graph.add("sum", ops::Add{}, inputs);
  }
  NodeId image(NodeId h) {
    if (shape(h).rank() != 3) h = reshape(h, {1, shape(h).elements() / shape(h).back(), shape(h).back()});
    const ops::DepthwiseConv2D depthwise{
        .kernel = weight({1, 2, shape(h)[2], 1}, 0.7f), .kernel_size = {1, 2}, .padding = ops::Padding::same};
    switch (pick(0, 6)) {
      case 0:
        return graph.add("mean", ops::GlobalAveragePool{pick(0, 1) == 0}, {h});
      case 1:
        return graph.add("largest", ops::GlobalMaxPool{}, {h});
      case 2:
        return graph.add("pool", ops::AveragePool2D{.strides = {1, 1}, .padding = ops::Padding::same}, {h});
      case 3:
        return graph.add("pool", ops::MaxPool2D{.strides = {1, 2}, .padding = ops::Padding::same}, {h});
      case 4:
        return graph.add("depthwise", depthwise, {h});
      case 5:
        return graph.add("resize",
                         ops::Resize{.method = static_cast<ops::ResizeMethod>(pick(0, 7)),
                                     .size = {pick(1, 5), pick(1, 5)},
                                     .antialias = pick(0, 1) == 0},
                         {h});
      default:
        return convolution(h);
    }
  }
  NodeId next(NodeId h) {
    switch (pick(0, kKinds)) {
      case 0:
      case 1:
        return join(h);
      case 2:
      case 3:
        return binary(h);
      case 4:
        return dense(h);
      case 5:
        return relu(h);
      case 6:
        return relu(dense(h));
      case 7:
        return function(h);
      case 8:
        return normalization(h);
      case 9:
        return graph.add(
            "layer_normalization",
            ops::LayerNormalization{.gamma = weight({shape(h).back()}, 1.0f), .fused = pick(0, 1) == 0}, {h});
      case 10:
        return graph.add("softmax", ops::Softmax{}, {h});
      case 11:
        return transpose(h);
      case 12:
        return part(h);
      case 13:
        return pick(0, 1) == 0 ? pad(h, axis_of(h)) : repeat(h, axis_of(h));
      case 14:
        return sum(h);
      case 15:
        return image(h);
      default:
        return other_shape(h);
    }
  }

  std::vector<NodeId> nodes_;
};

}  // namespace tf_injector::detail::test
