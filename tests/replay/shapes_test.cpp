// Replay of values of every rank: what is joined, stretched or normalised along the last axis is so whatever
// the axes before it are.
#include <gtest/gtest.h>

#include "replay/same_as_reference.hpp"
#include "support/shape_network.hpp"

namespace tf_injector::detail {
namespace {

using replay::ReplayPlan;
using test::RandomGraph;

// Faults that leave more than run alone alive.
std::vector<Patch> many_faults(std::mt19937& rng, const Graph& graph, const std::vector<size_t>& kernels,
                               int count) {
  std::vector<Patch> patches;
  for (int i = 0; i < count; ++i) patches.push_back(test::random_fault(rng, graph, kernels));
  return patches;
}

struct Forms {
  bool linear, joins, elementwise, binary;
};

// What `end` makes of two Dense layers over values of `shape`: the forms of its last step.
template <class End>
Forms last_forms(const Shape& shape, End end) {
  std::mt19937 rng(5);
  RandomGraph of{rng, {}, {}};
  const NodeId in = of.graph.add_input("in", "in", shape);
  const auto dense = [&](NodeId h) {
    return of.graph.add("dense", ops::Dense{.kernel = of.weight({shape.back(), 8}, 1.0f), .units = 8}, {h});
  };
  of.graph.outputs = {end(of, dense(in), dense(in))};
  of.graph.output_names = {"out"};
  const Plan plan = Plan::compile(of.graph, {});
  const ReplayPlan replay_plan(plan);
  const replay::ReplayStep& step = replay_plan.steps().back();
  return {step.linear.has_value(), step.joins, step.elementwise, step.binary.has_value()};
}

TEST(ReplayShapes, HasAFormForAPackWhateverTheRank) {
  if (available_kernel_sets().front() == KernelSet::scalar) GTEST_SKIP() << "the reference has no lanes";
  for (const Shape& shape :
       {Shape{4}, Shape{3, 4}, Shape{2, 3, 4}, Shape{2, 2, 3, 4}, Shape{2, 1, 2, 3, 4}}) {
    SCOPED_TRACE(shape.to_string());
    const auto forms = [&](auto end) { return last_forms(shape, end); };
    EXPECT_TRUE(forms([](RandomGraph&, NodeId h, NodeId) { return h; }).linear);
    for (int axis = 0; axis < shape.rank(); ++axis) {
      const bool is_joined = forms([&](RandomGraph& of, NodeId a, NodeId b) {
                               return of.graph.add("join", ops::Concat{axis}, {a, b});
                             }).joins;
      EXPECT_EQ(is_joined, axis + 1 == shape.rank()) << "axis " << axis;
    }
    EXPECT_TRUE(forms([](RandomGraph& of, NodeId h, NodeId) {
                  const ops::BatchNormalization op{of.weight({8}, 1.0f), of.weight({8}, 1.0f),
                                                   of.weight({8}, 1.0f), of.weight({8}, 0.0f)};
                  return of.graph.add("normalization", op, {h});
                }).elementwise);
    EXPECT_TRUE(forms([](RandomGraph& of, NodeId h, NodeId other) {
                  ops::Slice row;  // stretched along all axes but the last
                  row.axes.resize(of.graph.nodes.back().shape.dims().size(), {.count = 1});
                  row.axes.back().count = 8;
                  return of.graph.add("binary", ops::Binary{}, {h, of.graph.add("row", row, {other})});
                }).binary);
  }
}

// A Dense over a flattened image takes the image as it is. A 3x3 convolution of one position, whose channels
// are the elements of an image too, is not one: eight of its nine taps lie in the padding.
TEST(ReplayShapes, AConvolutionOfOnePositionIsNoDenseOverAnImage) {
  std::mt19937 rng(32);
  RandomGraph of{rng, {}, {}};
  NodeId h = of.graph.add_input("in", "in", {3, 3, 2});
  const auto convolution = [&](int64_t side, int64_t cin, int64_t filters) {
    ops::Conv2D op{.kernel_size = {side, side}, .filters = filters, .padding = ops::Padding::same};
    op.kernel = of.faultable(of.weight({side, side, cin, filters}, 0.3f));
    return op;
  };
  h = of.graph.add("first", convolution(1, 2, 4), {h});
  h = of.graph.add("one position", ops::Reshape{Shape{1, 1, 36}}, {h});
  h = of.graph.add("second", convolution(3, 36, 5), {h});
  of.graph.outputs = {of.graph.add("flat", ops::Reshape{Shape{5}}, {h})};
  of.graph.output_names = {"flat"};
  const auto patches = many_faults(rng, of.graph, of.kernels, 90);
  const std::vector<std::vector<float>> images = {test::random_values(rng, 18, test::Values::ordinary)};
  for (const KernelSet set : available_kernel_sets()) {
    if (set == KernelSet::scalar) continue;  // the reference has no lanes
    EXPECT_EQ(test::differing_pairs(of.graph, patches, images, set, {}), 0) << kernel_set_name(set);
  }
}

TEST(ReplayShapes, EqualsTheReferenceOnNetworksOfEveryRank) {
  std::mt19937 rng(test::network_seed(31));
  for (int round = 0; round < 150; ++round) {
    const auto seed = static_cast<uint32_t>(rng());
    std::mt19937 own(seed);
    const test::ShapeNetwork network(own);
    const auto patches = many_faults(own, network.graph, network.kernels, 90);
    std::vector<std::vector<float>> images;
    for (int i = 0; i < 2; ++i)
      images.push_back(
          test::random_values(own, network.graph.nodes.front().shape.elements(), test::Values::ordinary));
    for (const KernelSet set : available_kernel_sets()) {
      if (set == KernelSet::scalar) continue;  // the reference has no lanes
      EXPECT_EQ(test::differing_pairs(network.graph, patches, images, set,
                                      {.batch = round % 3 == 0 ? 1 : 5, .batch_index = round % 3}),
                0)
          << kernel_set_name(set) << ", seed " << seed;
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail
