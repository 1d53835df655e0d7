// Explanations: against the graph computed node by node by the scalar reference, against campaigns, and by
// hand.
#include "tf_injector/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "campaign/campaign_fixture.hpp"
#include "core/json.hpp"
#include "metrics/tally.hpp"
#include "plan/small_graph.hpp"
#include "support/random_graphs/random_case.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A model whose weights named "w..." are kernels of layers of their own.
Model model_with_layers(Graph graph, const std::vector<size_t>& kernels) {
  graph.layers.clear();
  for (const size_t kernel : kernels) {
    const Weight& weight = graph.weights[kernel];
    graph.layers.push_back({.name = weight.name,
                            .path = weight.name,
                            .class_name = "Conv2D",
                            .weights = {static_cast<WeightId>(kernel)},
                            .output_shape = {},
                            .injectable = true});
  }
  return model_of(std::move(graph), "memory.keras", std::string(64, 'a'));
}

FaultList list_of_patches(const Graph& graph, const std::vector<Patch>& patches) {
  ResolvedFaultList list;
  list.path = "list.csv";
  for (const Patch& patch : patches) {
    const Weight& weight = graph.weights[static_cast<size_t>(patch.weight)];
    list.add(bit_flip(static_cast<int64_t>(list.faults.size()), weight.name,
                      index_of_element(weight.shape, patch.element), 3),
             patch);
  }
  return list_of(std::move(list));
}

// The outputs of all nodes by the reference kernels, each node as if it were scored.
std::vector<std::vector<float>> all_nodes(const RandomCase& c, const Graph& graph) {
  std::vector<std::vector<float>> values;
  for (size_t node = 0; node < graph.nodes.size(); ++node) {
    Graph scored = graph;
    scored.outputs = {static_cast<NodeId>(node)};
    values.push_back(node_by_node(scored, 0, c.inputs, c.images));
  }
  return values;
}

bool equal_values(float a, float b) { return float_bits(a) == float_bits(b) || (is_nan(a) && is_nan(b)); }

struct NodeCounts {
  int64_t images = 0, differing = 0;
  double largest = 0;
};

NodeCounts count_differences(const std::vector<float>& golden, const std::vector<float>& faulty, int images) {
  NodeCounts counts;
  const size_t elements = golden.size() / static_cast<size_t>(images);
  for (int image = 0; image < images; ++image) {
    int64_t differing = 0;
    for (size_t i = static_cast<size_t>(image) * elements; i < static_cast<size_t>(image + 1) * elements;
         ++i) {
      if (equal_values(golden[i], faulty[i])) continue;
      ++differing;
      const double change = std::isfinite(golden[i]) && std::isfinite(faulty[i])
                                ? std::fabs(static_cast<double>(golden[i]) - static_cast<double>(faulty[i]))
                                : std::numeric_limits<double>::infinity();
      counts.largest = std::max(counts.largest, change);
    }
    counts.images += differing > 0 ? 1 : 0;
    counts.differing += differing;
  }
  return counts;
}

Dataset dataset_of(const RandomCase& c) {
  Dataset dataset{.name = "D", .source = "memory", .sha256 = std::string(64, 'd')};
  for (size_t i = 0; i < c.inputs.size(); ++i) {
    const Node& node = c.graph.nodes[static_cast<size_t>(c.graph.inputs[i])];
    dataset.inputs.push_back({.name = c.inputs.size() > 1 ? std::get<ops::Input>(node.op).name : "",
                              .shape = node.shape.dims(),
                              .is_float = true,
                              .floats = c.inputs[i]});
  }
  dataset.labels.assign(static_cast<size_t>(c.images), 0);
  return dataset;
}

void expect_steps_equal_the_reference(const RandomCase& c, const Patch& patch,
                                      const FaultExplanation& found) {
  Graph changed = c.graph;
  changed.weights[static_cast<size_t>(patch.weight)].values[static_cast<size_t>(patch.element)] =
      bits_float(patch.new_bits);
  const auto golden = all_nodes(c, c.graph), faulty = all_nodes(c, changed);
  std::map<std::string, size_t> node_of;
  for (size_t i = 0; i < c.graph.nodes.size(); ++i) node_of[c.graph.nodes[i].path] = i;
  std::map<std::string, const StepReach*> reach;
  for (const StepReach& step : found.reach) reach[step.path] = &step;
  for (const StepSpread& step : found.spread->steps) {
    SCOPED_TRACE(step.path);
    const NodeCounts expected =
        count_differences(golden[node_of.at(step.path)], faulty[node_of.at(step.path)], c.images);
    EXPECT_EQ(step.images, expected.images);
    EXPECT_EQ(step.differing, expected.differing);
    EXPECT_EQ(step.largest_change, expected.largest);
    if (step.images == 0) continue;
    ASSERT_TRUE(reach.contains(step.path));  // at most
    EXPECT_LE(step.mean_differing(), static_cast<double>(reach[step.path]->outputs));
    EXPECT_EQ(step.outputs, reach[step.path]->all_outputs);
  }
}

TEST(Explain, EveryStepIsAsTheReferenceComputesIt) {
  int64_t met = 0, ended = 0, reached = 0;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomCase c = random_case(seed, FaultKinds::kernels);
    const Model model = model_with_layers(c.graph, c.kernels);
    c.faults.resize(std::min<size_t>(c.faults.size(), 3));
    c.fault_images.resize(c.faults.size());
    const FaultList faults = list_of_patches(c.graph, c.patches().all());
    Session session(model, dataset_of(c),
                    {.batch_size = c.images, .preprocess = {.mode = PreprocessOptions::Mode::none}});
    for (size_t row = 0; row < faults.size(); ++row) {
      SCOPED_TRACE("fault " + std::to_string(row));
      const FaultExplanation found = explain(session, faults, row);
      expect_steps_equal_the_reference(c, c.faults[row].front(), found);
      int64_t all = found.spread->reached;
      for (const StepSpread& step : found.spread->steps) all += step.ended;
      EXPECT_EQ(all, found.spread->steps.empty() ? 0 : c.images);
      met += found.spread->images_met;
      ended += c.images - found.spread->reached;
      reached += found.spread->reached;
    }
  }
  EXPECT_GT(met, 100);
  EXPECT_GT(ended, 100);
  EXPECT_GT(reached, 100);
}

class ExplainCampaign : public FolderTest {
 protected:
  ExplainCampaign() : inputs_(random_inputs(77, {.images = 13, .faults = 40})) {}
  [[nodiscard]] Model model() const {
    std::vector<size_t> kernels;
    for (const Patch& patch : inputs_.list->patches.all())
      kernels.push_back(static_cast<size_t>(patch.weight));
    return model_with_layers(inputs_.graph, kernels);
  }
  [[nodiscard]] Session session(SessionOptions options = {}) const {
    options.batch_size = 6;
    return {model(), inputs_.dataset, std::move(options)};
  }
  [[nodiscard]] FaultList faults() const { return list_of(ResolvedFaultList(*inputs_.list)); }
  RunInputs inputs_;
};

TEST_F(ExplainCampaign, TheLastRowIsTheReports) {
  Session session = this->session();
  const Campaign campaign(session, faults());
  MemoryReport report;
  campaign.run(report);
  for (size_t row = 0; row < report.rows().size(); ++row) {
    const FaultSpread spread = *explain(session, faults(), row).spread;
    EXPECT_EQ(spread.tally, report.rows()[row].tally) << row;
    EXPECT_EQ(spread.golden, report.golden());
    int64_t changed = 0;
    for (const DecisionChange& change : spread.changes) changed += change.images;
    EXPECT_EQ(changed, spread.tally.critical());
  }
}

TEST_F(ExplainCampaign, ThreadsTilesAndKernelsChangeNothing) {
  Session first = this->session({.threads = 1, .tile = 1});
  for (const KernelSet set : available_kernel_sets()) {
    for (const auto& [threads, tile] : {std::pair(1, 5), std::pair(3, 2), std::pair(2, 13)}) {
      Session other = this->session({.kernels = set, .threads = threads, .tile = tile});
      for (const size_t row : {size_t{0}, size_t{7}, size_t{31}})
        EXPECT_EQ(explain(first, faults(), row).json(), explain(other, faults(), row).json())
            << kernel_set_name(set);
    }
  }
}

TEST_F(ExplainCampaign, TooLittleMemoryAndAStopAreErrors) {
  Session small = this->session({.memory_bytes = 1000});
  try {
    (void)explain(small, faults());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::out_of_memory);
  }
  Session session = this->session();
  const std::atomic<bool> stop = true;
  try {
    (void)explain(session, faults(), 0, &stop);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::interrupted);
  }
  EXPECT_THROW((void)explain(session, faults(), 40), Error);
}

// A convolution 3x3 on 5x5x2 with same padding, BatchNormalization, ReLU, another convolution, a sum, Dense.
struct ByHand {
  SmallGraph small;
  WeightId kernel = kNoWeight, gamma = kNoWeight, variance = kNoWeight;

  ByHand() {
    const NodeId input = small.input({5, 5, 2});
    const NodeId conv = small.conv(input, 4, 3, ops::Padding::same);
    kernel = std::get<ops::Conv2D>(small.graph.nodes.back().op).kernel;
    const NodeId normalized = small.normalize(conv);
    const auto& op = std::get<ops::BatchNormalization>(small.graph.nodes.back().op);
    gamma = op.gamma;
    variance = op.variance;
    const NodeId relu = small.relu(normalized);
    const NodeId second = small.conv(relu, 3, 3);
    const NodeId flat = small.reshape(second, Shape{27});
    small.scores({small.dense(flat, 4)});
  }
  [[nodiscard]] FaultExplanation explained(int64_t element, int bit, std::optional<float> value = {}) {
    if (value) small.values(kernel)[static_cast<size_t>(element)] = *value;
    const uint32_t old_bits = float_bits(small.values(kernel)[static_cast<size_t>(element)]);
    const Patch patch{kernel, element, old_bits, old_bits ^ (1u << bit)};
    ResolvedFaultList list;
    const Weight& weight = small.graph.weights[static_cast<size_t>(kernel)];
    list.add(bit_flip(0, weight.name, index_of_element(weight.shape, element), bit), patch);
    return explain(model_with_layers(small.graph, {static_cast<size_t>(kernel)}), list_of(std::move(list)));
  }
};

TEST(Explain, SaysWhereTheWeightIsAndWhatFollowsIt) {
  ByHand net;
  const int64_t element = ((2 * 3 + 0) * 2 + 1) * 4 + 3;  // (2, 0, 1, 3)
  const FaultExplanation found = net.explained(element, 3);
  EXPECT_THAT(found.position, ElementsAre(std::pair<std::string, int64_t>("kernel row", 2),
                                          std::pair<std::string, int64_t>("kernel column", 0),
                                          std::pair<std::string, int64_t>("input channel", 1),
                                          std::pair<std::string, int64_t>("output channel", 3)));
  EXPECT_THAT(found.kernel_shape, ElementsAre(3, 3, 2, 4));
  ASSERT_EQ(found.feeds.size(), 1u);
  EXPECT_THAT(found.feeds[0], HasSubstr("BatchNormalization"));
  ASSERT_EQ(found.scales.size(), 1u);
  const float gamma = net.small.values(net.gamma)[3], variance = net.small.values(net.variance)[3];
  EXPECT_EQ(found.scales[0].gamma, gamma);
  EXPECT_NEAR(found.scales[0].scale, gamma / std::sqrt(variance + 1e-3), 1e-6);
  EXPECT_FALSE(found.spread);
}

TEST(Explain, ReachIsCountedByHand) {
  ByHand net;
  // Tap (2, 0): not below the last row, not left of the first column: 4 x 4 of 25 positions.
  const FaultExplanation found = net.explained(((2 * 3 + 0) * 2 + 1) * 4 + 3, 3);
  ASSERT_EQ(found.reach.size(), 5u);
  EXPECT_EQ(found.reach[0].positions, 16);
  EXPECT_EQ(found.reach[0].all_positions, 25);
  EXPECT_EQ(found.reach[0].outputs, 16);
  EXPECT_EQ(found.reach[0].all_outputs, 100);
  EXPECT_EQ(found.reach[1].outputs, 16);
  EXPECT_EQ(found.reach[2].outputs, 16);
  EXPECT_EQ(found.reach[3].positions, 9);  // 3 x 3: every window of it holds one
  EXPECT_EQ(found.reach[3].outputs, 27);
  EXPECT_EQ(found.reach[3].multiply_adds, 27 * 9 * 4);
  EXPECT_EQ(found.reach[4].outputs, 4);
  EXPECT_EQ(found.reach[4].multiply_adds, 27 * 4);
  // The sign, Inf: zeros of the border count too.
  EXPECT_EQ(net.explained(((2 * 3 + 0) * 2 + 1) * 4 + 3, 30, 1.0f).reach[0].positions, 25);
  net.small.values(net.kernel)[((2 * 3 + 0) * 2 + 1) * 4 + 3] = 0.5f;
  EXPECT_EQ(net.explained(((2 * 3 + 0) * 2 + 1) * 4 + 3, 31).reach[0].positions, 25);
}

TEST(Explain, ReachStaysInItsGroup) {
  SmallGraph small;
  const NodeId conv = small.conv(small.input({4, 4, 2}), 4, 1);
  const WeightId kernel = std::get<ops::Conv2D>(small.graph.nodes.back().op).kernel;
  const NodeId grouped = small.add(
      ops::Conv2D{.kernel = small.weight({3, 3, 2, 6}), .kernel_size = {3, 3}, .groups = 2, .filters = 6},
      {conv});
  const WeightId second = std::get<ops::Conv2D>(small.graph.nodes.back().op).kernel;
  small.scores({small.add(ops::GlobalAveragePool{}, {grouped})});
  const Model model =
      model_with_layers(small.graph, {static_cast<size_t>(kernel), static_cast<size_t>(second)});
  const auto reach = [&](WeightId weight, int64_t element) {
    return explain(model, list_of_patches(small.graph, {{weight, element, 0x3f000000, 0x3f000008}})).reach;
  };
  EXPECT_EQ(reach(kernel, 1)[1].outputs, 2 * 2 * 3);  // output channel 1: the first group
  EXPECT_EQ(reach(kernel, 3)[1].outputs, 2 * 2 * 3);  // channel 3: the second
  EXPECT_EQ(reach(kernel, 3)[2].outputs, 3);
  EXPECT_EQ(reach(second, 5)[0].outputs, 2 * 2);
  EXPECT_EQ(reach(second, 5)[0].multiply_adds, 2 * 2 * 9 * 2);
}

TEST(Explain, CountsTheInputsThatTheWeightMeets) {
  SmallGraph small;
  const NodeId conv = small.add(ops::Conv2D{.kernel = small.weight({1, 1, 2, 4}), .groups = 2, .filters = 4},
                                {small.input({2, 2, 4})});
  const WeightId kernel = std::get<ops::Conv2D>(small.graph.nodes.back().op).kernel;
  small.scores({small.add(ops::GlobalAveragePool{}, {conv})});
  // Of the second group's first channel three values are not zero, on the second image none.
  Dataset dataset{.name = "D", .source = "memory", .labels = {0, 1}};
  std::vector<float> values(32, 0.0f);
  for (const size_t place : {2u, 6u, 14u}) values[place] = 1.0f;
  dataset.inputs.push_back({.shape = {2, 2, 4}, .is_float = true, .floats = values});
  Session session(model_with_layers(small.graph, {static_cast<size_t>(kernel)}), dataset);
  const auto spread = [&](int64_t element) {
    return *explain(session, list_of_patches(small.graph, {{kernel, element, 0x3f000000, 0x3f800000}}))
                .spread;
  };
  EXPECT_EQ(spread(3).images_met, 1);
  EXPECT_EQ(spread(3).positions_met, 3);
  EXPECT_EQ(spread(3).ended(EndCause::unseen), 1);
  EXPECT_EQ(spread(0).images_met, 0);  // the first group's
  EXPECT_EQ(spread(0).ended(EndCause::unseen), 2);
}

TEST(Explain, ANaNWithOtherBitsIsTheSame) {
  ByHand net;
  net.small.values(net.kernel)[7] = std::numeric_limits<float>::quiet_NaN();
  const FaultList faults = list_of_patches(net.small.graph, {{net.kernel, 7, 0x7fc00000, 0x7fc00008}});
  Dataset dataset{.name = "D", .source = "memory", .labels = {0, 1}};
  dataset.inputs.push_back({.shape = {5, 5, 2}, .is_float = true, .floats = std::vector<float>(100, 0.5f)});
  Session session(model_with_layers(net.small.graph, {static_cast<size_t>(net.kernel)}), dataset);
  const FaultSpread spread = *explain(session, faults).spread;
  EXPECT_EQ(spread.ended(EndCause::unseen), 2);
  EXPECT_EQ(spread.reached, 0);
  EXPECT_EQ(spread.images_met, 2);
  EXPECT_EQ(spread.tally.masked, 0);  // as a report counts: NaN equals nothing
}

TEST(Explain, ClassesOfChanges) {
  ByHand net;
  const auto change = [&](int bit, float value) {
    return std::string(bit_change_name(net.explained(5, bit, value).change));
  };
  EXPECT_EQ(change(0, 0.5f), "mantissa");
  EXPECT_EQ(change(22, 0.5f), "mantissa");
  EXPECT_EQ(change(23, 0.5f), "exponent_up");    // exponent 126 -> 127
  EXPECT_EQ(change(23, 1.0f), "exponent_down");  // 127 -> 126
  EXPECT_EQ(change(30, 0.5f), "exponent_up");
  EXPECT_EQ(change(30, -0.5f), "exponent_up");
  EXPECT_EQ(change(29, -0.5f), "exponent_down");
  EXPECT_EQ(change(31, 0.5f), "sign");
  EXPECT_EQ(change(30, 1.0f), "becomes_inf");
  EXPECT_EQ(change(30, 1.5f), "becomes_nan");
  EXPECT_EQ(change(3, std::numeric_limits<float>::infinity()), "was_inf");
  EXPECT_EQ(change(3, std::numeric_limits<float>::quiet_NaN()), "was_nan");
  const FloatFields before = net.explained(5, 3, -0.0028779502f).before;
  EXPECT_EQ(before.bits, 0xbb3c9bfeu);
  EXPECT_EQ(before.sign, 1);
  EXPECT_EQ(before.exponent, 118);
  EXPECT_EQ(before.mantissa, 0x3c9bfeu);
  EXPECT_EQ(Json::parse(net.explained(5, 30, 1.0f).json()).at("after").at("value").text(), "inf");
}

TEST(ParseFault, TakesTheFormsOfListsAndRefusesOthers) {
  const Fault expected = bit_flip(0, "conv2d_8", {2, 0, 30, 3}, 3);
  for (const char* text : {"conv2d_8,(2, 0, 30, 3),3", "conv2d_8,(2,0,30,3),3",
                           " conv2d_8 , [2, 0, 30, 3] , 3 ", "conv2d_8,\"(2, 0, 30, 3)\",3"})
    EXPECT_EQ(parse_fault(text), expected) << text;
  EXPECT_EQ(parse_fault("a,b/c,(1, 2),31"), bit_flip(0, "a,b/c", {1, 2}, 31));
  for (const char* text :
       {"", "conv2d_8", "conv2d_8,(2, 0", "conv2d_8(2, 0, 30, 3),3", "conv2d_8,(2, 0, 30, 3)", ",(1, 2),3",
        "c,(1, x),3", "c,(1, 2),x", "c,(1, 2),32", "c,(1, 2),-1", "c,(1, 2) 3"}) {
    try {
      (void)parse_fault(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::usage) << text;
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail::test
