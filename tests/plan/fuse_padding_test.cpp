// A border that becomes part of the window that reads it: when, and when it must not.
#include <gtest/gtest.h>

#include "plan/small_graph.hpp"

namespace tf_injector::detail {
namespace {

using test::expect_same_as_graph;
using test::labels_after;
using test::SmallGraph;
using Labels = std::vector<std::string>;

constexpr float kInf = std::numeric_limits<float>::infinity();
const Shape kImage{5, 6, 3};

Labels fused(const SmallGraph& g) { return labels_after(g, {plan::fuse_padding}); }

TEST(FusePadding, ZerosBecomePartOfAConvolution) {
  SmallGraph g, depthwise;
  g.scores({g.conv(g.pad(g.input(kImage), {{1, 2}, {0, 3}, {0, 0}}))});
  depthwise.scores({depthwise.depthwise(depthwise.pad(depthwise.input(kImage)))});
  EXPECT_EQ(fused(g), (Labels{"Pad+Conv2D"}));
  EXPECT_EQ(fused(depthwise), (Labels{"Pad+DepthwiseConv2D"}));
  plan::Draft draft = plan::draft_of(g.graph, 0);
  plan::fuse_padding(draft);
  EXPECT_EQ(*draft.steps[0].explicit_padding, (std::array<std::array<int64_t, 2>, 2>{{{{1, 2}}, {{0, 3}}}}));
  EXPECT_EQ(draft.steps[0].inputs[0].shape, kImage);
  expect_same_as_graph(g);
  expect_same_as_graph(depthwise);
}

// Inf and NaN among the weights: 0 * Inf at the border is NaN.
TEST(FusePadding, TheZerosAreStillMultiplied) {
  for (const float value : {kInf, -kInf, std::numeric_limits<float>::quiet_NaN()}) {
    SmallGraph g;
    g.scores({g.conv(g.pad(g.input(kImage)))});
    g.values(0)[0] = value;
    expect_same_as_graph(g);
  }
}

TEST(FusePadding, MinusInfinityBecomesPartOfAMaximum) {
  SmallGraph g;
  g.scores(
      {g.pool(g.pad(g.input(kImage), {{1, 1}, {2, 2}, {0, 0}}, -kInf))});  // windows of nothing but border
  EXPECT_EQ(fused(g), (Labels{"Pad+MaxPool2D"}));
  expect_same_as_graph(g);
}

TEST(FusePadding, ABorderWithTwoReadersIsTakenByBoth) {
  SmallGraph g;
  const NodeId pad = g.pad(g.input(kImage));
  g.scores({g.sum(g.conv(pad), g.conv(pad))});
  EXPECT_EQ(fused(g), (Labels{"Pad+Conv2D", "Pad+Conv2D", "Add"}));
  expect_same_as_graph(g);
}

TEST(FusePadding, ABorderThatIsReadOtherwiseStaysToo) {
  SmallGraph read, scored;
  {
    const NodeId pad = read.pad(read.input(kImage));
    read.scores({read.add(ops::Concat{2}, {pad, read.conv(pad, 5, 1)})});
  }
  const NodeId pad = scored.pad(scored.input(kImage));
  (void)scored.conv(pad);
  scored.scores({pad});
  EXPECT_EQ(fused(read), (Labels{"Pad", "Pad+Conv2D", "Concat"}));
  EXPECT_EQ(fused(scored), (Labels{"Pad"}));
  expect_same_as_graph(read);
  expect_same_as_graph(scored);
}

TEST(FusePadding, OfTwoBordersTheInnerOneStays) {
  SmallGraph g;
  g.scores({g.conv(g.pad(g.pad(g.input(kImage))))});
  EXPECT_EQ(fused(g), (Labels{"Pad", "Pad+Conv2D"}));
  expect_same_as_graph(g);
}

// A border that no window may take over.
struct Border {
  const char* what;
  test::Paddings paddings;
  float value;
  NodeId (*window)(SmallGraph& g, NodeId in);
};

NodeId valid_conv(SmallGraph& g, NodeId in) { return g.conv(in); }
NodeId same_conv(SmallGraph& g, NodeId in) { return g.conv(in, 5, 3, ops::Padding::same); }
NodeId valid_depthwise(SmallGraph& g, NodeId in) { return g.depthwise(in); }
NodeId valid_pool(SmallGraph& g, NodeId in) { return g.pool(in); }
NodeId same_pool(SmallGraph& g, NodeId in) { return g.pool(in, ops::Padding::same); }
NodeId average(SmallGraph& g, NodeId in) { return g.add(ops::AveragePool2D{}, {in}); }
NodeId reshaped_conv(SmallGraph& g, NodeId in) { return g.conv(g.reshape(in, {9, 7, 3})); }
const test::Paddings kAround{{1, 1}, {1, 2}, {0, 0}};

class StaysApart : public testing::TestWithParam<Border> {};

TEST_P(StaysApart, AndGivesTheSameBits) {
  const auto& [what, paddings, value, window] = GetParam();
  SmallGraph g;
  g.scores({window(g, g.pad(g.input(kImage), paddings, value))});
  EXPECT_EQ(labels_after(g, {plan::drop_copies, plan::fuse_padding}).front(), "Pad") << what;
  expect_same_as_graph(g);
}

INSTANTIATE_TEST_SUITE_P(
    FusePadding, StaysApart,
    testing::Values(
        Border{"-0", kAround, -0.0f, valid_conv}, Border{"1", kAround, 1.0f, valid_conv},
        Border{"NaN", kAround, std::numeric_limits<float>::quiet_NaN(), valid_conv},
        Border{"-Inf", kAround, -kInf, valid_conv}, Border{"-0, depthwise", kAround, -0.0f, valid_depthwise},
        Border{"same", kAround, 0.0f, same_conv},
        Border{"channels", {{1, 1}, {1, 1}, {0, 1}}, 0.0f, valid_conv},
        Border{"channels in front", {{1, 1}, {1, 1}, {1, 0}}, 0.0f, valid_conv},
        Border{"0, maximum", kAround, 0.0f, valid_pool}, Border{"Inf, maximum", kAround, kInf, valid_pool},
        Border{"lowest, maximum", kAround, std::numeric_limits<float>::lowest(), valid_pool},
        Border{"NaN, maximum", kAround, std::numeric_limits<float>::quiet_NaN(), valid_pool},
        Border{"same, maximum", kAround, -kInf, same_pool},
        Border{"channels, maximum", {{1, 1}, {1, 1}, {0, 1}}, -kInf, valid_pool},
        Border{"average", kAround, 0.0f, average}, Border{"in another shape", kAround, 0.0f, reshaped_conv}));

}  // namespace
}  // namespace tf_injector::detail
