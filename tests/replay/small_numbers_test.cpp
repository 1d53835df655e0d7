// Replay around the smallest numbers: sums that are flushed to -0, where a zero that is left out would have
// made them +0.
#include <gtest/gtest.h>

#include "replay/same_as_reference.hpp"
#include "support/odd_networks.hpp"

namespace tf_injector::detail {
namespace {

constexpr float kSmallest = 0x1p-126f;

// All sums are a few times the smallest normal number, of either sign; whole pixels of the image are zero.
struct SmallNetwork : test::RandomGraph {
  explicit SmallNetwork(std::mt19937& random) : RandomGraph{random, {}, {}} {
    const int64_t side = pick(2, 9), channels = pick(0, 1) == 0 ? 8 : 5;
    const NodeId in = graph.add_input("in", "in", {side, side, 3});
    NodeId h = convolution(in, channels, 1);
    if (pick(0, 1) == 0) h = relu(h);
    std::vector<NodeId> ends;
    for (int branch = 0; branch < 3; ++branch) {
      NodeId b = h;
      for (int64_t steps = pick(1, 3); steps > 0; --steps) b = step(b, h);
      const int64_t end = pick(0, 2);
      ends.push_back(end == 0 ? graph.add("mean", ops::GlobalAveragePool{}, {b}) : flat(b));
      if (end == 1) ends.back() = dense(ends.back());
    }
    graph.outputs = {graph.add("scores", ops::Concat{0}, ends)};
    graph.output_names = {"scores"};
  }
  std::vector<float> image() {
    std::vector<float> values =
        test::random_values(rng, graph.nodes.front().shape.elements(), test::Values::ordinary);
    for (size_t pixel = 0; pixel < values.size(); pixel += 3) {
      const bool is_zero = pick(0, 2) == 0;
      for (size_t i = pixel; i < pixel + 3; ++i) values[i] *= is_zero ? 0.0f : 2 * kSmallest;
    }
    return values;
  }

 private:
  int64_t pick(int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(rng);
  }
  [[nodiscard]] const Shape& shape(NodeId node) const { return graph.nodes[static_cast<size_t>(node)].shape; }
  NodeId flat(NodeId h) { return graph.add("flat", ops::Reshape{Shape{shape(h).elements()}}, {h}); }
  NodeId convolution(NodeId h, int64_t filters, int64_t size) {
    ops::Conv2D op{.kernel_size = {size, size}, .filters = filters, .padding = ops::Padding::same};
    op.kernel = faultable(weight({size, size, shape(h)[2], filters}, 0.7f));
    return graph.add("conv", op, {h});
  }
  NodeId dense(NodeId h) {  // of large images: a sum of several chains
    const int64_t inputs = shape(h)[0];
    return graph.add("dense", ops::Dense{.kernel = weight({inputs, 6}, 0.3f), .units = 6}, {h});
  }
  NodeId step(NodeId h, NodeId stem) {
    const int64_t c = shape(h)[2];
    const bool is_beside = shape(h) == shape(stem);
    const ops::AveragePool2D average{.pool_size = {pick(1, 3), pick(1, 3)},
                                     .strides = {pick(1, 2), pick(1, 2)},
                                     .padding = ops::Padding::same};
    ops::BatchNormalization normalization{
        .mean = weight({c}, kSmallest), .variance = weight({c}, 0.0f), .epsilon = 0.7f};
    if (pick(0, 1) == 0) normalization.beta = weight({c}, kSmallest);
    switch (pick(0, 7)) {
      case 0:
      case 1:
        return graph.add("average", average, {h});
      case 2:
        return graph.add("depthwise",
                         ops::DepthwiseConv2D{.kernel = weight({2, 2, c, 1}, 0.7f),
                                              .bias = pick(0, 1) == 0 ? weight({c}, kSmallest) : kNoWeight,
                                              .kernel_size = {2, 2},
                                              .padding = ops::Padding::same},
                         {h});
      case 3:
        return graph.add("maxima", ops::MaxPool2D{.strides = {1, 1}, .padding = ops::Padding::same}, {h});
      case 4:
        return graph.add("normalization", normalization, {h});
      case 5:
        return graph.add("join", ops::Concat{2}, {h, is_beside ? stem : h});
      case 6:
        return graph.add("sum", ops::Add{}, {h, is_beside ? stem : h});
      default:
        return convolution(h, pick(3, 9), pick(0, 1) == 0 ? 1 : 3);
    }
  }
};

TEST(ReplaySmallNumbers, EqualsTheReferenceInTheSignOfZeros) {
  std::mt19937 rng(test::network_seed(41));
  for (int round = 0; round < 120; ++round) {
    const auto seed = static_cast<uint32_t>(rng());
    std::mt19937 own(seed);
    SmallNetwork network(own);
    std::vector<Patch> patches;
    for (int i = 0; i < 70; ++i) patches.push_back(test::random_fault(own, network.graph, network.kernels));
    const std::vector<std::vector<float>> images = {network.image(), network.image()};
    for (const KernelSet set : available_kernel_sets()) {
      if (set == KernelSet::scalar) continue;  // the reference has no lanes
      EXPECT_EQ(test::differing_pairs(network.graph, patches, images, set, {.batch = 1 + round % 4}), 0)
          << kernel_set_name(set) << ", seed " << seed;
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail
