// The compiled plan of every kernel set equals the reference, op by op, in every bit; tiles change nothing.
#include <gtest/gtest.h>

#include "kernels/same_bits.hpp"
#include "plan/plan.hpp"
#include "plan/small_graph.hpp"
#include "support/random_graphs/random_graph.hpp"
#include "support/random_network.hpp"

namespace tf_injector::detail {
namespace {

std::vector<float> evaluate_all(const Plan& plan, const Patch* patch, const std::vector<float>& images,
                                int count, int tile) {
  const int64_t elements = plan.inputs()[0].shape.elements();
  std::vector<float> scores(static_cast<size_t>(count * plan.classes()));
  Workspace workspace(plan, tile);
  std::optional<Overlay> overlay;
  if (patch != nullptr) overlay.emplace(plan, *patch);
  for (int first = 0; first < count; first += tile) {
    const int n = std::min(tile, count - first);
    const std::span<const float> input(images.data() + first * elements, static_cast<size_t>(n * elements));
    const std::span<const float> inputs[] = {input};
    evaluate(plan, overlay ? &*overlay : nullptr, workspace, inputs, n, {.batch = 512, .batch_index = first},
             std::span<float>(scores).subspan(static_cast<size_t>(first * plan.classes()),
                                              static_cast<size_t>(n * plan.classes())));
  }
  return scores;
}

TEST(Evaluate, KernelSetsAndTilesGiveTheReferencesBits) {
  std::mt19937 rng(5);
  for (int round = 0; round < 24; ++round) {
    const test::NetworkOptions options{.side = 5 + round % 4,
                                       .channels = 3 + round % 7 * 3,
                                       .blocks = round % 4,
                                       .same_padding = round % 2 == 1,
                                       .bias = round % 3 == 1,
                                       .relu6 = round % 5 == 4,
                                       .projection = round % 3 == 2,
                                       .average_pool = round % 4 < 2};
    test::NetworkBuilder builder(rng, options);
    const Graph graph = builder.build();
    const Plan reference = Plan::compile(graph, {.kernels = KernelSet::scalar});
    const int count = 5;
    const std::vector<float> images =
        test::random_values(rng, reference.inputs()[0].shape.elements() * count, test::Values::ordinary);
    const Patch patch = test::random_fault(rng, graph, builder.kernels);
    const std::vector<float> clean = evaluate_all(reference, nullptr, images, count, count);
    const std::vector<float> faulty = evaluate_all(reference, &patch, images, count, count);
    for (KernelSet set : available_kernel_sets()) {
      const Plan plan = Plan::compile(graph, {.kernels = set});
      for (int tile : {1, 2, 5}) {
        EXPECT_TRUE(test::same_bits(clean, evaluate_all(plan, nullptr, images, count, tile)))
            << kernel_set_name(set);
        EXPECT_TRUE(test::same_bits(faulty, evaluate_all(plan, &patch, images, count, tile)))
            << kernel_set_name(set);
      }
    }
  }
}

// The passes of every kernel set leave the values of the graph as they are: all nodes computed one by one.
TEST(Evaluate, RandomNetworksGiveTheBitsOfTheGraph) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    constexpr int kImages = 2;
    test::Dice dice(seed);
    const test::GrowingGraph g = test::random_graph(dice, kImages);
    std::vector<std::vector<float>> inputs;
    for (const NodeId input : g.graph.inputs) inputs.push_back(g.values[static_cast<size_t>(input)]);
    const std::vector<float> expected = test::node_by_node(g.graph, 0, inputs, kImages);
    for (const KernelSet set : available_kernel_sets()) {
      ASSERT_TRUE(test::same_bits(expected, test::scores_of_plan(g.graph, 0, set, inputs, kImages)))
          << kernel_set_name(set) << ", seed " << seed;
    }
  }
}

TEST(Evaluate, FusesWhatItShould) {
  std::mt19937 rng(5);
  test::NetworkBuilder builder(rng, {.blocks = 2});
  const Graph graph = builder.build();
  const KernelSet best = available_kernel_sets().front();
  if (best == KernelSet::scalar) GTEST_SKIP() << "no SIMD kernels on this CPU";
  std::vector<std::string> ops;
  for (const StepInfo& step : Plan::compile(graph, {.kernels = best}).steps()) ops.push_back(step.op);
  EXPECT_EQ(ops, (std::vector<std::string>{
                     "Pad+Conv2D+BatchNormalization+relu", "Pad+Conv2D+BatchNormalization+relu",
                     "Pad+Conv2D+BatchNormalization+Add+relu", "Pad+Conv2D+BatchNormalization+relu", "Slice",
                     "Pad", "Pad+Conv2D+BatchNormalization+Add+relu", "AveragePool2D", "Dense"}));
}

// As in TensorFlow, denormals are zeros on the way, and the thread's own mode comes back.
TEST(Evaluate, FlushesDenormals) {
  Graph graph;
  graph.weights = {{"kernel", Shape{2, 2}, {1e-30f, 1e-20f, 1e-40f, 1e-20f}}};
  const NodeId input = graph.add_input("input", "input", Shape{2});
  graph.outputs = {graph.add("dense", ops::Dense{.kernel = 0, .units = 2}, {input})};
  graph.output_names = {"dense"};
  for (KernelSet set : available_kernel_sets()) {
    const Plan plan = Plan::compile(graph, {.kernels = set});
    const std::vector<float> scores = evaluate_all(plan, nullptr, {1e-10f, 1e10f}, 1, 1);
    EXPECT_EQ(float_bits(scores[0]), 0u) << kernel_set_name(set);  // 1e-40 and 1e-40 * 1e10 are both lost
    EXPECT_GT(scores[1], 0.9e-10f);
  }
  volatile float tiny = 1e-30f;
  EXPECT_NE(tiny * 1e-10f, 0.0f);
}

}  // namespace
}  // namespace tf_injector::detail
