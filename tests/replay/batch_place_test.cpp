// Ops whose bits depend on the image's place in its batch (docs/numerics.md): replay gives those of the place
// that it is told, for faults that run alone and for those across the lanes.
#include <gtest/gtest.h>

#include "replay/same_as_reference.hpp"
#include "support/odd_networks.hpp"

namespace tf_injector::detail {
namespace {

constexpr int kBatch = 5;

// A convolution, behind it an op on sizes that are no whole vectors of TensorFlow's.
struct PlaceNetwork : test::RandomGraph {
  enum class Kind { mean, sigmoid, softplus, log_softmax };

  PlaceNetwork(std::mt19937& random, Kind kind) : RandomGraph{random, {}, {}} {
    constexpr int64_t kSide = 5, kChannels = 11;
    const NodeId in = graph.add_input("in", "in", {kSide, kSide, 3});
    ops::Conv2D op{.kernel_size = {3, 3}, .filters = kChannels, .padding = ops::Padding::same};
    op.kernel = faultable(weight({3, 3, 3, kChannels}, 0.5f));
    NodeId h = graph.add("conv", op, {in});
    if (kind == Kind::mean) h = graph.add("mean", ops::GlobalAveragePool{}, {h});
    if (kind == Kind::sigmoid) h = function(ops::FunctionKind::sigmoid, h);
    if (kind == Kind::softplus) h = function(ops::FunctionKind::softplus, h);
    if (kind == Kind::log_softmax) h = graph.add("log_softmax", ops::LogSoftmax{}, {h});
    const int64_t elements = graph.nodes[static_cast<size_t>(h)].shape.elements();
    graph.outputs = {graph.add("flat", ops::Reshape{Shape{elements}}, {h})};
    graph.output_names = {"flat"};
  }

 private:
  NodeId function(ops::FunctionKind kind, NodeId h) {
    return graph.add("function", ops::Function{.kind = kind}, {h});
  }
};

// Images whose golden scores depend on their place in the batch: not all do, where it decides a last bit.
std::vector<std::vector<float>> images_that_differ(std::mt19937& rng, const Graph& graph, size_t count) {
  const Plan plan = Plan::compile(graph, {.kernels = KernelSet::scalar});
  Workspace workspace(plan, 1);
  std::vector<float> first(static_cast<size_t>(plan.classes())), last(first.size());
  std::vector<std::vector<float>> images;
  for (int tried = 0; tried < 2000 && images.size() < count; ++tried) {
    const std::vector<float> image = test::random_values(rng, 5 * 5 * 3, test::Values::ordinary);
    const std::span<const float> inputs[] = {image};
    evaluate(plan, nullptr, workspace, inputs, 1, {.batch = kBatch, .batch_index = 0}, first);
    evaluate(plan, nullptr, workspace, inputs, 1, {.batch = kBatch, .batch_index = kBatch - 1}, last);
    if (!test::same_bits(first, last)) images.push_back(image);
  }
  return images;
}

class ReplayBatchPlace : public testing::TestWithParam<PlaceNetwork::Kind> {};

TEST_P(ReplayBatchPlace, DecidesTheBitsAsInTheReference) {
  std::mt19937 rng(151);
  const PlaceNetwork network(rng, GetParam());
  const std::vector<std::vector<float>> images = images_that_differ(rng, network.graph, 3);
  ASSERT_EQ(images.size(), 3u) << "the place decides nothing here";
  for (const KernelSet set : available_kernel_sets()) {
    if (set == KernelSet::scalar) continue;  // the reference has no lanes
    for (int place = 0; place < kBatch; ++place) {
      for (const int faults : {3, 60}) {  // alone; across the lanes
        std::vector<Patch> patches;
        for (int i = 0; i < faults; ++i)
          patches.push_back(test::random_fault(rng, network.graph, network.kernels));
        EXPECT_EQ(test::differing_pairs(network.graph, patches, images, set,
                                        {.batch = kBatch, .batch_index = place}),
                  0)
            << kernel_set_name(set) << ", place " << place << ", " << faults << " faults";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, ReplayBatchPlace,
                         testing::Values(PlaceNetwork::Kind::mean, PlaceNetwork::Kind::sigmoid,
                                         PlaceNetwork::Kind::softplus, PlaceNetwork::Kind::log_softmax));

}  // namespace
}  // namespace tf_injector::detail
