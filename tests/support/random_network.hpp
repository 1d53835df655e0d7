// Small residual networks with random weights, built by hand: for tests of the plan and of replay.
#pragma once

#include <random>

#include "core/bits.hpp"
#include "graph/graph.hpp"
#include "graph/patch.hpp"
#include "kernels/random_values.hpp"

namespace tf_injector::detail::test {

struct NetworkOptions {
  int64_t side = 8, channels = 6, classes = 5;
  int blocks = 3;
  bool same_padding = false;  // else an explicit Pad
  bool bias = false;
  bool relu6 = false;
  bool projection = false;   // shortcut by a strided 1x1 convolution, else slice and pad (option A)
  bool average_pool = true;  // else GlobalAveragePool
};

class NetworkBuilder {
 public:
  NetworkBuilder(std::mt19937& rng, const NetworkOptions& options) : rng_(rng), o_(options) {}

  Graph build() {
    NodeId h = g_.add_input("input", "input", Shape{o_.side, o_.side, 3});
    h = relu(normalize(convolve(h, o_.channels, 3, 1)));
    for (int b = 0; b < o_.blocks; ++b) h = block(h, b % 2 == 1);
    const Shape shape = g_.nodes[static_cast<size_t>(h)].shape;
    if (o_.average_pool) {
      h = g_.add("pool",
                 ops::AveragePool2D{.pool_size = {shape[0], shape[1]}, .strides = {shape[0], shape[1]}}, {h});
      h = g_.add("transpose", ops::Transpose{{2, 0, 1}}, {h});
      h = g_.add("flatten", ops::Reshape{Shape{shape[2]}}, {h});
    } else {
      h = g_.add("pool", ops::GlobalAveragePool{}, {h});
    }
    h = g_.add("dense",
               ops::Dense{weight({shape[2], o_.classes}, 0.5f), weight({o_.classes}, 0.1f), o_.classes}, {h});
    kernels.push_back(g_.weights.size() - 2);
    g_.outputs = {h};
    g_.output_names = {"dense"};
    return std::move(g_);
  }

  std::vector<size_t> kernels;  // weights that faults may hit

 private:
  WeightId weight(Shape shape, float scale) {
    Weight w{"w" + std::to_string(g_.weights.size()), shape,
             random_values(rng_, shape.elements(), Values::ordinary)};
    for (float& v : w.values) v *= scale;
    g_.weights.push_back(std::move(w));
    return static_cast<WeightId>(g_.weights.size() - 1);
  }
  std::string name(const char* what) { return what + std::to_string(next_++); }

  NodeId convolve(NodeId in, int64_t filters, int64_t size, int64_t stride) {
    ops::Conv2D op{.kernel_size = {size, size}, .strides = {stride, stride}, .filters = filters};
    const int64_t cin = g_.nodes[static_cast<size_t>(in)].shape[2];
    op.kernel = weight({size, size, cin, filters}, 1.2f / std::sqrt(static_cast<float>(size * size * cin)));
    kernels.push_back(static_cast<size_t>(op.kernel));
    if (o_.bias) op.bias = weight({filters}, 0.1f);
    if (size > 1 && o_.same_padding) op.padding = ops::Padding::same;
    if (size > 1 && !o_.same_padding)
      in = g_.add(name("pad"), ops::Pad{{{{1, 1}}, {{1, 1}}, {{0, 0}}}, 0.0f}, {in});
    return g_.add(name("conv2d_"), op, {in});
  }
  NodeId normalize(NodeId in) {
    const int64_t c = g_.nodes[static_cast<size_t>(in)].shape[2];
    ops::BatchNormalization op{weight({c}, 0.3f), weight({c}, 0.3f), weight({c}, 0.3f), weight({c}, 1.0f),
                               1e-3f};
    for (float& v : g_.weights[static_cast<size_t>(op.gamma)].values) v += 1.0f;
    for (float& v : g_.weights[static_cast<size_t>(op.variance)].values) v = 0.5f + std::fabs(v);
    return g_.add(name("bn"), op, {in});
  }
  NodeId relu(NodeId in) {
    return g_.add(name("relu"),
                  ops::Activation{o_.relu6 ? ops::ActivationKind::relu6 : ops::ActivationKind::relu}, {in});
  }
  NodeId block(NodeId in, bool down) {
    const Shape shape = g_.nodes[static_cast<size_t>(in)].shape;
    const int64_t filters = down ? shape[2] * 2 : shape[2];
    NodeId y = relu(normalize(convolve(in, filters, 3, down ? 2 : 1)));
    y = normalize(convolve(y, filters, 3, 1));
    return relu(g_.add(name("add"), ops::Add{}, {y, down ? shortcut(in, filters) : in}));
  }
  NodeId shortcut(NodeId in, int64_t filters) {
    if (o_.projection) return normalize(convolve(in, filters, 1, 2));
    const Shape shape = g_.nodes[static_cast<size_t>(in)].shape;
    const int64_t half = (shape[0] + 1) / 2;
    in = g_.add(name("slice"), ops::Slice{{{0, 2, half}, {0, 2, half}, {0, 1, shape[2]}}}, {in});
    const int64_t more = filters - shape[2];
    return g_.add(name("pad"), ops::Pad{{{{0, 0}}, {{0, 0}}, {{more / 2, more - more / 2}}}, 0.0f}, {in});
  }

  std::mt19937& rng_;
  NetworkOptions o_;
  Graph g_;
  int next_ = 0;
};

// A random fault in one of the kernels; bit 30 often, for it makes Inf and NaN.
inline Patch random_fault(std::mt19937& rng, const Graph& graph, const std::vector<size_t>& kernels) {
  const size_t w = kernels[std::uniform_int_distribution<size_t>(0, kernels.size() - 1)(rng)];
  const std::vector<float>& values = graph.weights[w].values;
  Patch patch{.weight = static_cast<WeightId>(w)};
  patch.element = std::uniform_int_distribution<int64_t>(0, static_cast<int64_t>(values.size()) - 1)(rng);
  patch.old_bits = float_bits(values[static_cast<size_t>(patch.element)]);
  const int die = std::uniform_int_distribution<int>(0, 9)(rng);
  const int bit = die < 2 ? 30 : std::uniform_int_distribution<int>(0, 31)(rng);
  patch.new_bits = patch.old_bits ^ (1u << bit);
  if (die == 9) patch.new_bits = 0x7FC12345u;  // a NaN with a payload
  if (die == 8) patch.new_bits = 0xFF800000u;  // -Inf
  return patch;
}

}  // namespace tf_injector::detail::test
