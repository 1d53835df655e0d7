// A layer in front of a ReLU at the edges of the float range, for tests of what is known about clipped
// outputs: sums, products and results that overflow, are flushed to zero or cancel.
#pragma once

#include <algorithm>
#include <cmath>

#include "support/odd_networks.hpp"

namespace tf_injector::detail::test {

// Powers of two that the values of an EdgeNetwork lie around: its input, what the faulted layer makes of it,
// the sums of the layer behind, their product with 1 / deviation, what comes out.
struct EdgeScales {
  double input = 0, changed = 0, sum = 0, product = 0, out = 0;

  explicit EdgeScales(std::mt19937& rng) {
    const auto from = [&](double least, double most) {
      return std::uniform_real_distribution<double>(least, most)(rng);
    };
    const auto largest = [&] { return from(123, 130); };     // around the largest number,
    const auto smallest = [&] { return from(-136, -118); };  // around the smallest
    input = from(-60, 60);
    changed = from(-60, 62);  // squares are finite
    switch (std::uniform_int_distribution<int>(0, 9)(rng)) {
      case 0:
        changed = from(0, 62);
        sum = product = out = largest();
        break;
      case 1:
      case 9:  // what comes out is moderate again
        sum = from(60, 112);
        changed = from(sum - 56, 62);
        product = largest();
        out = from(-20, 40);
        break;
      case 2:
        sum = from(0, 60);
        product = from(sum - 40, sum + 60);
        out = largest();
        break;
      case 3:
      case 8:
        sum = from(-129, -126.5);
        product = from(sum, sum + 63);
        out = from(-90, 0);
        break;
      case 4:
        sum = from(-100, -60);
        product = smallest();
        out = from(-60, 0);
        break;
      case 5:  // a large change of the inputs is a small one of what comes out
        changed = from(30, 62);
        out = from(-100, changed - 126);
        sum = from(changed - 20, changed + 20);
        product = from(sum - 60, sum + 60);
        break;
      case 6:  // squares are flushed
        changed = from(-40, 62);
        sum = out = from(-96, -63);
        product = from(-100, -20);
        break;
      default:
        input = from(-149, 127);
        changed = from(-149, 127);
        sum = from(-149, 127);
        product = from(-149, 127);
        out = from(-149, 127);
    }
  }
};

class EdgeNetwork : public RandomGraph {
 public:
  explicit EdgeNetwork(std::mt19937& random) : RandomGraph{random, {}, {}}, scales_(random) {
    const bool is_image = pick(0, 4) != 0;
    const int64_t inner = pick(1, 8), filters = pick(1, 9);
    const NodeId in =
        graph.add_input("in", "in", is_image ? Shape{pick(1, 3), pick(1, 2), pick(1, 4)} : Shape{pick(1, 5)});
    NodeId h = layer(in, inner, 1, scales_.changed - scales_.input, kNoWeight);
    faultable(kernel_);
    if (pick(0, 2) == 0) h = relu(h);
    const WeightId bias = pick(0, 2) == 0 ? numbers_weight(filters, beside(scales_.sum)) : kNoWeight;
    h = layer(h, filters, is_image ? pick(1, 2) : 1, scales_.sum - scales_.changed, bias);
    if (is_image && pick(0, 3) != 0) {
      h = graph.add("normalization", normalization(filters), {h});
    } else {
      scales_.out = scales_.sum;
    }
    if (pick(0, 1) == 0) {
      const NodeId shortcut = layer(in, filters, 1, beside(scales_.out) - scales_.input, kNoWeight);
      faultable(kernel_);
      h = graph.add("sum", ops::Add{}, {h, shortcut});
    }
    h = relu(h);
    const int64_t elements = graph.nodes[static_cast<size_t>(h)].shape.elements();
    graph.outputs = {graph.add("scores", ops::Reshape{Shape{elements}}, {h})};
    graph.output_names = {"scores"};
  }
  std::vector<float> image() { return numbers(graph.nodes.front().shape.elements(), scales_.input); }

 private:
  int64_t pick(int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(rng);
  }
  double exponent(double least, double most) {
    return std::uniform_real_distribution<double>(least, most)(rng);
  }
  double beside(double there) {
    return pick(0, 3) == 0 ? exponent(-149, 127) : exponent(there - 9, there + 3);
  }
  // Around 2^e, of one sign or of either.
  std::vector<float> numbers(int64_t count, double e) {
    std::vector<float> values(static_cast<size_t>(count));
    const double vary = pick(0, 1) == 0 ? 0.0 : 4.0;
    const int64_t negative = pick(0, 2);  // of two
    for (float& v : values) {
      const double power = std::exp2(std::clamp(e + exponent(-vary, 1), -149.0, 127.99));
      v = static_cast<float>(pick(0, 1) < negative ? -power : power);
    }
    return values;
  }
  WeightId numbers_weight(const Shape& shape, double e) {
    graph.weights.push_back(
        {"w" + std::to_string(graph.weights.size()), shape, numbers(shape.elements(), e)});
    return static_cast<WeightId>(graph.weights.size() - 1);
  }
  WeightId numbers_weight(int64_t channels, double e) { return numbers_weight(Shape{channels}, e); }

  ops::BatchNormalization normalization(int64_t channels) {
    ops::BatchNormalization op;
    const double variance = -2 * (scales_.product - scales_.sum);
    op.variance = numbers_weight(channels, variance);
    for (float& v : graph.weights[static_cast<size_t>(op.variance)].values) v = std::fabs(v);
    op.epsilon = static_cast<float>(std::exp2(std::clamp(variance - exponent(0, 30), -149.0, 127.0)));
    op.gamma = numbers_weight(channels, scales_.out - scales_.product);
    if (pick(0, 1) == 0) op.beta = numbers_weight(channels, beside(scales_.out));
    op.mean = numbers_weight(channels, pick(0, 1) == 0 ? beside(scales_.sum) : -149);
    op.fused = pick(0, 3) != 0;
    return op;
  }
  // Weights around 2^e; the last kernel.
  NodeId layer(NodeId h, int64_t units, int64_t size, double e, WeightId bias) {
    const Shape shape = graph.nodes[static_cast<size_t>(h)].shape;
    if (shape.rank() != 3) {
      kernel_ = numbers_weight(Shape{shape.back(), units}, e);
      return graph.add("dense", ops::Dense{kernel_, bias, units}, {h});
    }
    kernel_ = numbers_weight(Shape{size, size, shape.back(), units}, e);
    const ops::Conv2D op{.kernel = kernel_,
                         .bias = bias,
                         .kernel_size = {size, size},
                         .filters = units,
                         .padding = ops::Padding::same};
    return graph.add("conv", op, {h});
  }

  EdgeScales scales_;
  WeightId kernel_ = kNoWeight;
};

// Any bit of any element of some kernels.
inline std::vector<Patch> bit_flips(std::mt19937& rng, const Graph& graph, const std::vector<size_t>& kernels,
                                    int count) {
  std::vector<Patch> patches;
  for (int i = 0; i < count; ++i) {
    const size_t w = kernels[std::uniform_int_distribution<size_t>(0, kernels.size() - 1)(rng)];
    const std::vector<float>& values = graph.weights[w].values;
    const size_t element = std::uniform_int_distribution<size_t>(0, values.size() - 1)(rng);
    const uint32_t bits = float_bits(values[element]);
    const int die = std::uniform_int_distribution<int>(0, 49)(rng);
    const int bit = die < 32 ? die : die < 38 ? 31 : 17 + (die - 38) / 2;  // signs and halves more often
    patches.push_back({.weight = static_cast<WeightId>(w),
                       .element = static_cast<int64_t>(element),
                       .old_bits = bits,
                       .new_bits = bits ^ (1u << bit)});
  }
  return patches;
}

}  // namespace tf_injector::detail::test
