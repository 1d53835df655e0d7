// A graph that grows node by node and knows what every node gives on the images: weights are made to measure.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "core/bits.hpp"
#include "core/flush_denormals.hpp"
#include "graph/graph.hpp"
#include "kernels/kernel.hpp"
#include "support/random_graphs/magnitudes.hpp"

namespace tf_injector::detail::test {

// No network is larger: thousands are to be evaluated by the reference.
inline constexpr int64_t kMostElements = 3000, kMostMultiplyAdds = 60'000;

class GrowingGraph {
 public:
  GrowingGraph(Dice& random, Theme random_theme, int image_count)
      : dice(random), theme(random_theme), images(image_count) {}

  Dice& dice;
  const Theme theme;
  const int images;
  Graph graph;
  std::vector<size_t> kernels;             // weights that faults may hit
  std::vector<std::vector<float>> values;  // per node: of all images
  int64_t multiply_adds = 0;               // of all nodes, per image

  [[nodiscard]] const Node& node(NodeId id) const { return graph.nodes[static_cast<size_t>(id)]; }
  [[nodiscard]] const Shape& shape(NodeId id) const { return node(id).shape; }
  [[nodiscard]] NodeId last() const { return static_cast<NodeId>(graph.nodes.size() - 1); }

  NodeId add_input(Shape input_shape) {  // a copy: nodes move when the graph grows
    const std::string name = "input" + std::to_string(graph.inputs.size());
    const NodeId id = graph.add_input(name, name, input_shape);
    double size = dice.among({0.0, 0.0, 1.5});
    if (theme == Theme::wide || (theme == Theme::cancelling && dice.chance(0.5)))
      size = dice.real(-20.0, 18.0);
    Spread spread = random_spread(dice, theme);
    if (theme == Theme::cancelling) spread.zeros = dice.among({0.4, 0.7});
    values.push_back(numbers(dice, images * input_shape.elements(), size, spread));
    return id;
  }

  // Appends the op and computes what it gives, as the reference does.
  NodeId add(const Op& op, const std::vector<NodeId>& inputs) {
    const NodeId id = graph.add(op_name(op) + std::to_string(graph.nodes.size()), op, inputs);
    std::vector<const float*> pointers;
    KernelContext context{.weights = graph.weights, .inputs = {}, .output = shape(id)};
    for (const NodeId input : inputs) {
      context.inputs.push_back(shape(input));
      pointers.push_back(values[static_cast<size_t>(input)].data());
    }
    const std::unique_ptr<Kernel> kernel = std::visit(
        [&](const auto& o) -> std::unique_ptr<Kernel> {
          if constexpr (std::is_same_v<std::decay_t<decltype(o)>, ops::Input>) {
            return nullptr;
          } else {
            return make_kernel(o, context);
          }
        },
        op);
    std::vector<float> result(static_cast<size_t>(images * shape(id).elements()));
    const FlushDenormals flush;
    kernel->run({.inputs = pointers, .output = result.data(), .images = images, .batch = images});
    values.push_back(std::move(result));
    multiply_adds += kernel->multiply_adds();
    return id;
  }

  // The decimal logarithm of the middle one of a node's finite numbers other than 0; 0 where there are none.
  [[nodiscard]] double decade(NodeId id) const {
    constexpr size_t kEnough = 400;
    const std::vector<float>& all = values[static_cast<size_t>(id)];
    std::vector<float> sizes;
    for (size_t i = 0; i < all.size(); i += 1 + all.size() / kEnough) {
      if (is_finite(all[i]) && all[i] != 0.0f) sizes.push_back(std::fabs(all[i]));
    }
    if (sizes.empty()) return 0.0;
    const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
    std::nth_element(sizes.begin(), middle, sizes.end());
    return std::log10(static_cast<double>(*middle));
  }

  WeightId weight(const Shape& weight_shape, double size, const Spread& spread) {
    graph.weights.push_back({"w" + std::to_string(graph.weights.size()), weight_shape,
                             numbers(dice, weight_shape.elements(), size, spread)});
    return static_cast<WeightId>(graph.weights.size() - 1);
  }
  WeightId kernel(const Shape& kernel_shape, double size, const Spread& spread) {
    const WeightId id = weight(kernel_shape, size, spread);
    kernels.push_back(static_cast<size_t>(id));
    return id;
  }

  // Some node for the next op, mostly a new one or one that nobody reads yet.
  [[nodiscard]] NodeId some_node() {
    if (dice.chance(0.6)) return last();
    if (const std::vector<NodeId> ends = open_ends(); dice.chance(0.6)) return dice.among(ends);
    return static_cast<NodeId>(dice.from(0, last()));
  }
  // As some_node; a value of another rank is looked at as an image.
  [[nodiscard]] NodeId some_image();
  [[nodiscard]] std::vector<NodeId> open_ends() const {
    std::vector<bool> is_read(graph.nodes.size(), false);
    for (const Node& reader : graph.nodes) {
      for (const NodeId input : reader.inputs) is_read[static_cast<size_t>(input)] = true;
    }
    std::vector<NodeId> ends;
    for (NodeId id = 0; id <= last(); ++id) {
      if (!is_read[static_cast<size_t>(id)]) ends.push_back(id);
    }
    return ends;
  }
};

// The elements under a shape of this many axes.
inline Shape random_shape(Dice& dice, int64_t elements, int rank) {
  std::vector<int64_t> dims;
  for (; rank > 1; --rank) {
    std::vector<int64_t> divisors;
    for (int64_t d = 1; d <= elements && d <= 16; ++d) {
      if (elements % d == 0) divisors.push_back(d);
    }
    dims.push_back(dice.among(divisors));
    elements /= dims.back();
  }
  dims.push_back(elements);
  if (dice.chance(0.3)) std::swap(dims.front(), dims.back());
  return Shape(std::move(dims));
}

inline NodeId GrowingGraph::some_image() {
  const NodeId id = some_node();
  if (shape(id).rank() == 3) return id;
  return add(ops::Reshape{random_shape(dice, shape(id).elements(), 3)}, {id});
}

}  // namespace tf_injector::detail::test
