// BatchNormalization, Add and Activation as the end of another step: when, and when they must not be.
#include <gtest/gtest.h>

#include "plan/small_graph.hpp"

namespace tf_injector::detail {
namespace {

using test::expect_same_as_graph;
using test::labels_after;
using test::SmallGraph;
using Labels = std::vector<std::string>;

const Shape kImage{6, 7, 3};

// The steps after the pass; the plans of all kernel sets give the bits of the graph.
void expect_steps(const SmallGraph& g, const Labels& expected) {
  EXPECT_EQ(labels_after(g, {plan::fuse_epilogues}), expected);
  expect_same_as_graph(g);
}

// A step and one behind it: what becomes of them.
struct Pair {
  const char* what;
  Shape input;
  NodeId (*first)(SmallGraph& g, NodeId in);
  NodeId (*second)(SmallGraph& g, NodeId in);
  Labels expected;
};

NodeId conv(SmallGraph& g, NodeId in) { return g.conv(in); }
NodeId depthwise(SmallGraph& g, NodeId in) { return g.depthwise(in); }
NodeId dense(SmallGraph& g, NodeId in) { return g.dense(in); }
NodeId normalize(SmallGraph& g, NodeId in) { return g.normalize(in); }
NodeId normalize_apart(SmallGraph& g, NodeId in) { return g.normalize(in, false); }
NodeId relu(SmallGraph& g, NodeId in) { return g.relu(in); }
NodeId relu6(SmallGraph& g, NodeId in) { return g.relu(in, ops::ActivationKind::relu6); }
NodeId pool(SmallGraph& g, NodeId in) { return g.pool(in); }
NodeId pad(SmallGraph& g, NodeId in) { return g.pad(in); }
NodeId doubled(SmallGraph& g, NodeId in) { return g.sum(in, in); }
NodeId plus_input(SmallGraph& g, NodeId in) { return g.sum(in, g.input(g.shape(in))); }
NodeId input_plus(SmallGraph& g, NodeId in) { return g.sum(g.input(g.shape(in)), in); }
NodeId of_three(SmallGraph& g, NodeId in) {
  return g.add(ops::Add{}, {in, g.input(g.shape(in)), g.input(g.shape(in))});
}

class PairOfSteps : public testing::TestWithParam<Pair> {};

TEST_P(PairOfSteps, IsOneStepOrTwo) {
  const Pair& p = GetParam();
  SmallGraph g;
  const NodeId in = g.input(p.input);
  g.scores({p.second(g, p.first(g, in))});
  SCOPED_TRACE(p.what);
  expect_steps(g, p.expected);
}

// One step or two, it must be two when the value in the middle is read twice or scored.
TEST_P(PairOfSteps, IsTwoIfTheValueBetweenIsReadElsewhere) {
  const Pair& p = GetParam();
  SCOPED_TRACE(p.what);
  SmallGraph read, scored;
  {
    const NodeId middle = p.first(read, read.input(p.input)), end = p.second(read, middle);
    const NodeId other = read.add(ops::Function{.kind = ops::FunctionKind::softsign}, {middle});
    const auto flat = [&](NodeId n) { return read.reshape(n, {read.shape(n).elements()}); };
    read.scores({read.add(ops::Concat{0}, {flat(end), flat(other)})});
  }
  const NodeId middle = p.first(scored, scored.input(p.input));
  (void)p.second(scored, middle);
  scored.scores({middle});
  for (const SmallGraph* g : {&read, &scored}) {
    const Labels labels = labels_after(*g, {plan::fuse_epilogues});
    EXPECT_EQ(labels[0].find('+'), std::string::npos) << labels[0];
    EXPECT_EQ(labels[1].find('+'), std::string::npos) << labels[1];
    expect_same_as_graph(*g);
  }
}

INSTANTIATE_TEST_SUITE_P(
    FuseEpilogues, PairOfSteps,
    testing::Values(
        Pair{"conv, bn", kImage, conv, normalize, {"Conv2D+BatchNormalization"}},
        Pair{"conv, bn not fused in Keras", kImage, conv, normalize_apart, {"Conv2D+BatchNormalization"}},
        Pair{"depthwise, bn", kImage, depthwise, normalize, {"DepthwiseConv2D+BatchNormalization"}},
        Pair{"dense, bn", {9}, dense, normalize, {"Dense", "BatchNormalization"}},
        Pair{"dense of images, bn", kImage, dense, normalize, {"Dense", "BatchNormalization"}},
        Pair{"bn, bn", kImage, normalize, normalize, {"BatchNormalization", "BatchNormalization"}},
        Pair{"sum, bn", kImage, doubled, normalize, {"Add", "BatchNormalization"}},
        Pair{"pool, bn", kImage, pool, normalize, {"MaxPool2D", "BatchNormalization"}},
        Pair{"conv, relu", kImage, conv, relu, {"Conv2D+relu"}},
        Pair{"depthwise, relu6", kImage, depthwise, relu6, {"DepthwiseConv2D+relu6"}},
        Pair{"dense, relu", {9}, dense, relu, {"Dense+relu"}},
        Pair{"bn, relu", {9}, normalize, relu, {"BatchNormalization+relu"}},
        Pair{"sum, relu6", kImage, doubled, relu6, {"Add+relu6"}},
        Pair{"sum of three, relu", kImage, of_three, relu, {"Add+relu"}},
        Pair{"pool, relu", kImage, pool, relu, {"MaxPool2D", "Activation"}},
        Pair{"border, relu", kImage, pad, relu, {"Pad", "Activation"}},
        Pair{"relu, relu6", kImage, relu, relu6, {"Activation", "Activation"}},
        Pair{"conv, sum", kImage, conv, plus_input, {"Conv2D+Add"}},
        Pair{"conv, sum, second", kImage, conv, input_plus, {"Conv2D+Add"}},
        Pair{"depthwise, sum", kImage, depthwise, plus_input, {"DepthwiseConv2D+Add"}},
        Pair{"dense, sum", {9}, dense, plus_input, {"Dense+Add"}},
        Pair{"bn, sum", kImage, normalize, input_plus, {"BatchNormalization+Add"}},
        Pair{"conv, sum of three", kImage, conv, of_three, {"Conv2D", "Add"}},
        Pair{"conv, sum with itself", kImage, conv, doubled, {"Conv2D", "Add"}},
        Pair{"pool, sum", kImage, pool, plus_input, {"MaxPool2D", "Add"}},
        Pair{"relu, sum", kImage, relu, plus_input, {"Activation", "Add"}},
        Pair{"sum, sum", kImage, plus_input, plus_input, {"Add", "Add"}}));

// Steps one behind the other: each takes the order bias, normalisation, sum, activation, and no other.
TEST(FuseEpilogues, TakesThemInTheOrderInWhichTheyAreComputed) {
  const auto chain = [](std::initializer_list<NodeId (*)(SmallGraph&, NodeId)> steps) {
    SmallGraph g;
    NodeId last = g.input(kImage);
    for (const auto step : steps) last = step(g, last);
    g.scores({last});
    expect_same_as_graph(g);
    return labels_after(g, {plan::fuse_epilogues});
  };
  EXPECT_EQ(chain({conv, normalize, plus_input, relu}), (Labels{"Conv2D+BatchNormalization+Add+relu"}));
  EXPECT_EQ(chain({conv, normalize, relu6}), (Labels{"Conv2D+BatchNormalization+relu6"}));
  EXPECT_EQ(chain({conv, relu, normalize}), (Labels{"Conv2D+relu", "BatchNormalization"}));
  EXPECT_EQ(chain({conv, plus_input, normalize}), (Labels{"Conv2D+Add", "BatchNormalization"}));
  EXPECT_EQ(chain({conv, relu, plus_input}), (Labels{"Conv2D+relu", "Add"}));
  EXPECT_EQ(chain({conv, plus_input, plus_input}), (Labels{"Conv2D+Add", "Add"}));
  EXPECT_EQ(chain({conv, relu, relu6}), (Labels{"Conv2D+relu", "Activation"}));
  EXPECT_EQ(chain({conv, normalize, normalize}), (Labels{"Conv2D+BatchNormalization", "BatchNormalization"}));
  EXPECT_EQ(chain({dense, plus_input, relu}), (Labels{"Dense+Add+relu"}));
}

// The operand has to be there when the step runs that adds it.
TEST(FuseEpilogues, OfTwoConvolutionsTheLaterOneTakesTheSum) {
  for (const bool swapped : {false, true}) {
    SmallGraph g;
    const NodeId in = g.input(kImage), early = g.conv(in), late = g.depthwise(g.conv(in, 5, 1));
    g.scores({swapped ? g.sum(late, early) : g.sum(early, late)});
    expect_steps(g, {"Conv2D", "Conv2D", "DepthwiseConv2D+Add"});
    plan::Draft draft = plan::draft_of(g.graph, 0);
    plan::fuse_epilogues(draft);
    EXPECT_EQ(draft.steps[2].inputs[1].value, early);
  }
}

TEST(FuseEpilogues, TheEarlierOneRunsLaterIfItTakesTheSum) {
  SmallGraph g;
  const NodeId in = g.input(kImage), early = g.conv(in), late = g.conv(g.conv(in, 5, 1));
  g.scores({g.add(ops::Concat{2}, {g.sum(early, late), late})});
  expect_steps(g, {"Conv2D", "Conv2D", "Conv2D+Add", "Concat"});
  plan::Draft draft = plan::draft_of(g.graph, 0);
  plan::fuse_epilogues(draft);
  ASSERT_EQ(draft.steps[2].inputs.size(), 2u);
  EXPECT_EQ(draft.steps[2].inputs[0].value, g.graph.nodes[static_cast<size_t>(early)].inputs[0]);
  EXPECT_EQ(draft.steps[2].inputs[1].value, late);
}

// The elements are the same, the channels are not.
TEST(FuseEpilogues, AnotherShapeBetweenKeepsStepsApart) {
  SmallGraph normalized, added, activated;
  const auto reshaped = [](SmallGraph& g) { return g.reshape(g.conv(g.input({6, 6, 3}), 2), {4, 2, 4}); };
  normalized.scores({normalized.normalize(reshaped(normalized))});
  const NodeId a = reshaped(added);
  added.scores({added.sum(a, added.input(added.shape(a)))});
  activated.scores({activated.relu(reshaped(activated))});
  for (const SmallGraph* g : {&normalized, &added, &activated}) {
    EXPECT_EQ(labels_after(*g, {plan::drop_copies, plan::fuse_epilogues}).size(), 2u);
    expect_same_as_graph(*g);
  }
}

// The reference runs op by op.
TEST(FuseEpilogues, TheScalarPlanFusesNothing) {
  SmallGraph g;
  g.scores({g.relu(g.normalize(g.conv(g.pad(g.input(kImage)))))});
  Labels ops;
  for (const StepInfo& step : Plan::compile(g.graph, {.kernels = KernelSet::scalar}).steps())
    ops.push_back(step.op);
  EXPECT_EQ(ops, (Labels{"Pad", "Conv2D", "BatchNormalization", "Activation"}));
}

}  // namespace
}  // namespace tf_injector::detail
