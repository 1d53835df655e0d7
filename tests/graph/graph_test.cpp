// Building a graph: shapes, names, and what is refused with the layer's path.
#include "graph/graph.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "graph/decision_threshold.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using testing::HasSubstr;

constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();

// The message of the ModelError; "" when there is none.
std::string refusal(const Op& op, const std::vector<Shape>& inputs) {
  try {
    (void)infer_shape(op, inputs);
    return "";
  } catch (const ModelError& error) {
    return error.what();
  }
}

ops::Conv2D conv(std::array<int64_t, 2> kernel, int64_t filters) {
  ops::Conv2D op;
  op.kernel_size = kernel;
  op.filters = filters;
  return op;
}

TEST(Graph, NodesAreAppendedWithTheirShapes) {
  Graph graph;
  const NodeId input = graph.add_input("input_1", "image", Shape{8, 6, 3});
  const NodeId first = graph.add("model/conv2d", conv({3, 3}, 4), {input});
  const NodeId relu = graph.add("model/relu", ops::Activation{}, {first});
  const NodeId sum = graph.add("add", ops::Add{}, {first, relu, first});
  EXPECT_EQ(graph.inputs, std::vector<NodeId>{input});
  EXPECT_EQ(graph.nodes[static_cast<size_t>(input)].shape, (Shape{8, 6, 3}));
  EXPECT_EQ(std::get<ops::Input>(graph.nodes[0].op).name, "image");
  EXPECT_EQ(graph.nodes[static_cast<size_t>(sum)].shape, (Shape{6, 4, 4}));
  EXPECT_EQ(graph.nodes[static_cast<size_t>(sum)].inputs, (std::vector<NodeId>{first, relu, first}));
  EXPECT_THROW((void)graph.add("x", ops::Activation{}, {99}), std::out_of_range);
}

TEST(Graph, ARefusedOpNamesItsLayerAndAddsNothing) {
  Graph graph;
  const NodeId input = graph.add_input("input_1", "image", Shape{8, 6, 3});
  try {
    (void)graph.add("outer/conv2d_1", conv({9, 1}, 4), {input});
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_STREQ(error.what(), "layer 'outer/conv2d_1' (Conv2D): a window of 9 does not fit an axis of 8");
  }
  EXPECT_EQ(graph.nodes.size(), 1u);
}

TEST(Graph, NamesOfOps) {
  EXPECT_STREQ(op_name(Op(conv({1, 1}, 1))), "Conv2D");
  EXPECT_STREQ(op_name(Op(ops::GlobalAveragePool{})), "GlobalAveragePool");
  EXPECT_STREQ(op_name(Op(ops::Input{})), "Input");
  EXPECT_STREQ(ops::activation_name(ops::ActivationKind::relu6), "relu6");
}

TEST(Shapes, UnchangedByElementWiseOps) {
  const std::vector<Shape> one{Shape{2, 3, 4}};
  EXPECT_EQ(infer_shape(ops::Activation{}, one), one[0]);
  EXPECT_EQ(infer_shape(ops::BatchNormalization{}, one), one[0]);
  EXPECT_EQ(infer_shape(ops::Add{}, one), one[0]);
}

TEST(Shapes, NumberOfInputs) {
  const Shape image{4, 4, 3};
  const std::vector<Op> unary{ops::Activation{},    ops::BatchNormalization{},
                              conv({1, 1}, 1),      ops::Dense{},
                              ops::Pad{},           ops::Slice{},
                              ops::Transpose{},     ops::Reshape{},
                              ops::AveragePool2D{}, ops::GlobalAveragePool{}};
  for (const Op& op : unary) {
    EXPECT_EQ(refusal(op, {}), "expected one input, found 0") << op_name(op);
    EXPECT_EQ(refusal(op, {image, image}), "expected one input, found 2") << op_name(op);
  }
  EXPECT_THAT(refusal(ops::Add{}, {}), HasSubstr("at least one input"));
  EXPECT_THAT(refusal(ops::Input{}, {}), HasSubstr("an input has no input"));
}

TEST(Shapes, WhatIsNoImage) {
  for (const Op& op : std::vector<Op>{conv({1, 1}, 1), ops::AveragePool2D{}, ops::GlobalAveragePool{}}) {
    EXPECT_EQ(refusal(op, {Shape{4, 3}}), "expected an image (height, width, channels), found (4, 3)")
        << op_name(op);
  }
  EXPECT_THAT(refusal(ops::Dense{}, {Shape{}}), HasSubstr("expected at least one axis"));
}

TEST(Shapes, AddTakesOneShapeOnly) {
  EXPECT_EQ(refusal(ops::Add{}, {Shape{4, 3}, Shape{4, 1}}),
            "expected inputs of one shape, found (4, 3) and (4, 1)");
}

TEST(Shapes, WrongAttributesAreSaid) {
  const std::vector<Shape> image{Shape{4, 4, 6}};
  EXPECT_THAT(refusal(ops::Transpose{{0, 0, 1}}, image), HasSubstr("not a permutation"));
  EXPECT_THAT(refusal(ops::Transpose{{0, 3, 1}}, image), HasSubstr("not a permutation"));
  EXPECT_THAT(refusal(ops::Transpose{{0, -1, 1}}, image), HasSubstr("not a permutation"));
  EXPECT_THAT(refusal(ops::Transpose{{0, 1}}, image), HasSubstr("a permutation of 3 axes, found 2"));
  EXPECT_THAT(refusal(ops::Pad{.paddings = {{1, 1}}}, image), HasSubstr("paddings for 3 axes, found 1"));
  EXPECT_THAT(refusal(ops::Pad{.paddings = {{-1, 0}, {0, 0}, {0, 0}}}, image), HasSubstr("paddings from 0"));
  EXPECT_THAT(refusal(ops::Reshape{Shape{5, 5}}, image), HasSubstr("cannot give (4, 4, 6) the shape (5, 5)"));
  EXPECT_THAT(refusal(ops::Slice{{{0, 1, 4, false}}}, image), HasSubstr("a slice of 3 axes, found 1"));
  ops::Conv2D grouped = conv({1, 1}, 4);
  grouped.groups = 3;
  EXPECT_THAT(refusal(grouped, image),
              HasSubstr("6 input channels and 4 filters cannot be cut into 3 groups"));
}

TEST(Shapes, SlicesThatLeaveTheAxis) {
  const std::vector<Shape> line{Shape{5}};
  for (const ops::SliceAxis axis :
       {ops::SliceAxis{0, 1, 6, false}, ops::SliceAxis{5, 1, 1, false}, ops::SliceAxis{-1, 1, 1, false},
        ops::SliceAxis{0, -1, 2, false}, ops::SliceAxis{0, 1, 0, false}, ops::SliceAxis{0, 3, 3, false},
        ops::SliceAxis{0, 1, 2, true}, ops::SliceAxis{0, kHuge, 3, false}, ops::SliceAxis{4, kHuge, 2, false},
        ops::SliceAxis{0, 1, -kHuge - 1, false}}) {
    EXPECT_THAT(refusal(ops::Slice{{axis}}, line), HasSubstr("a slice takes nothing or leaves the axis"));
  }
}

// Sizes of a hostile model: refused before a sum or product of them overflows.
TEST(Shapes, SizesThatNoTensorHas) {
  const std::vector<Shape> image{Shape{4, 4, 6}};
  for (const int64_t size : {int64_t{0}, int64_t{-1}, kHuge, -kHuge, int64_t{1} << 31}) {
    EXPECT_THAT(refusal(conv({size, 1}, 4), image),
                HasSubstr("expected a window from 1 to 2147483647, found"));
    EXPECT_THAT(refusal(conv({1, 1}, size), image), HasSubstr("expected filters from 1"));
    ops::Conv2D strided = conv({1, 1}, 4), dilated = conv({1, 1}, 4);
    strided.strides[1] = size;
    dilated.dilation[0] = size;
    strided.padding = ops::Padding::same;
    EXPECT_THAT(refusal(strided, image), HasSubstr("expected strides from 1"));
    EXPECT_THAT(refusal(dilated, image), HasSubstr("expected a dilation from 1"));
    ops::Dense dense;
    dense.units = size;
    EXPECT_THAT(refusal(dense, image), HasSubstr("expected units from 1"));
    if (size != 0) {
      EXPECT_THAT(refusal(ops::Pad{.paddings = {{0, 0}, {0, size}, {0, 0}}}, image),
                  HasSubstr("expected paddings from 0"));
    }
  }
  EXPECT_NE(refusal(conv({1, 1}, 4), {Shape{kHuge, 4, 6}}), "");
  EXPECT_NE(refusal(ops::Reshape{Shape{kHuge, kHuge}}, image), "");
}

TEST(DecisionThreshold, IsOneHalfWhereASigmoidIsLast) {
  const auto threshold = [](const std::vector<Op>& ops) {
    Graph graph;
    graph.weights = {{"bound", Shape(), {0.9f}}, {"two", Shape(), {2.0f}}};
    NodeId node = graph.add_input("in", "in", Shape{1});
    for (const Op& op : ops) node = graph.add("op", op, {node});
    return decision_threshold(graph, node);
  };
  const auto function = [](ops::FunctionKind kind) { return ops::Function{.kind = kind}; };
  const ops::Binary clip{.kind = ops::BinaryKind::minimum, .constant = 0};
  const ops::Binary twice{.kind = ops::BinaryKind::multiply, .constant = 1};
  EXPECT_EQ(threshold({}), 0.0f);
  EXPECT_EQ(threshold({function(ops::FunctionKind::tanh)}), 0.0f);
  EXPECT_EQ(threshold({ops::Activation{}}), 0.0f);
  for (const auto kind :
       {ops::FunctionKind::sigmoid, ops::FunctionKind::hard_sigmoid, ops::FunctionKind::hard_sigmoid_6}) {
    EXPECT_EQ(threshold({function(kind)}), 0.5f);
    EXPECT_EQ(threshold({function(kind), clip, ops::Reshape{Shape{1, 1}}}), 0.5f);
    EXPECT_EQ(threshold({function(kind), twice}), 0.0f);
  }
  EXPECT_EQ(threshold({ops::Softmax{}}), 0.5f);
}

// A network with two images of logits, and heads that make one output of them.
struct Heads {
  Graph graph;
  NodeId a = graph.add_input("a", "a", Shape{4, 4, 1});
  NodeId b = graph.add_input("b", "b", Shape{4, 4, 1});

  NodeId sigmoid(NodeId x) { return function(ops::FunctionKind::sigmoid, x); }
  NodeId function(ops::FunctionKind kind, NodeId x) {
    return graph.add("f", ops::Function{.kind = kind}, {x});
  }
  NodeId binary(ops::BinaryKind kind, NodeId x, NodeId y) {
    return graph.add("b", ops::Binary{.kind = kind}, {x, y});
  }
  NodeId constant(ops::BinaryKind kind, NodeId x, float value, bool is_first = false) {
    graph.weights.push_back({"c", Shape(), {value}});
    return graph.add("c",
                     ops::Binary{.kind = kind,
                                 .constant = static_cast<WeightId>(graph.weights.size() - 1),
                                 .constant_shape = Shape(),
                                 .constant_first = is_first},
                     {x});
  }
  float threshold(const Op& op, std::vector<NodeId> inputs) {
    return decision_threshold(graph, graph.add("last", op, std::move(inputs)));
  }
  [[nodiscard]] float threshold(NodeId node) const { return decision_threshold(graph, node); }
};

TEST(DecisionThreshold, IsOneHalfForWhatIsMadeOfProbabilities) {
  using ops::BinaryKind;
  Heads net;
  const NodeId p = net.sigmoid(net.a), q = net.sigmoid(net.b);
  for (const auto kind : {BinaryKind::multiply, BinaryKind::maximum, BinaryKind::minimum}) {
    EXPECT_EQ(net.threshold(net.binary(kind, p, q)), 0.5f);
    EXPECT_EQ(net.threshold(net.binary(kind, net.a, net.b)), 0.0f);
  }
  EXPECT_EQ(net.threshold(net.binary(BinaryKind::multiply, p, net.b)), 0.0f);
  const NodeId sum = net.graph.add("sum", ops::Add{}, {p, q, p});
  EXPECT_EQ(net.threshold(sum), 0.0f);
  EXPECT_EQ(net.threshold(net.constant(BinaryKind::divide, sum, 3)), 0.5f);
  EXPECT_EQ(net.threshold(net.constant(BinaryKind::multiply, sum, 1 / 3.0f)), 0.5f);
  EXPECT_EQ(net.threshold(net.constant(BinaryKind::subtract, p, 1, true)), 0.5f);
  EXPECT_EQ(net.threshold(net.constant(BinaryKind::subtract, p, 0.5f)), 0.0f);
  EXPECT_EQ(net.threshold(net.binary(BinaryKind::subtract, p, q)), 0.0f);
  const NodeId weighted = net.binary(BinaryKind::add, net.constant(BinaryKind::multiply, p, 0.3f),
                                     net.constant(BinaryKind::multiply, q, 0.7f));
  EXPECT_EQ(net.threshold(weighted), 0.5f);
  const NodeId tanh = net.function(ops::FunctionKind::tanh, net.a);
  EXPECT_EQ(net.threshold(tanh), 0.0f);
  const NodeId shifted = net.constant(BinaryKind::add, tanh, 1);
  EXPECT_EQ(net.threshold(net.constant(BinaryKind::multiply, shifted, 0.5f)), 0.5f);
  const NodeId least = net.constant(BinaryKind::maximum, net.a, 0);
  EXPECT_EQ(net.threshold(least), 0.0f);
  EXPECT_EQ(net.threshold(net.constant(BinaryKind::minimum, least, 1)), 0.5f);
}

TEST(DecisionThreshold, IsOneHalfForPooledAndMovedProbabilities) {
  Heads net;
  const NodeId p = net.sigmoid(net.a), q = net.sigmoid(net.b);
  const auto both = [&](const Op& op) {
    EXPECT_EQ(net.threshold(op, {net.a}), 0.0f) << op_name(op);
    return net.threshold(op, {p});
  };
  const ops::Slice slice{{{.count = 1}, {.count = 1}, {.count = 1}}};
  EXPECT_EQ(both(ops::GlobalAveragePool{}), 0.5f);
  EXPECT_EQ(both(ops::GlobalMaxPool{}), 0.5f);
  EXPECT_EQ(both(ops::AveragePool2D{{4, 4}, {4, 4}}), 0.5f);
  EXPECT_EQ(both(ops::MaxPool2D{{4, 4}, {4, 4}}), 0.5f);
  EXPECT_EQ(both(ops::Reshape{Shape{16}}), 0.5f);
  EXPECT_EQ(both(slice), 0.5f);
  const auto joined = [&](NodeId x, NodeId y) {
    return net.threshold(ops::GlobalAveragePool{}, {net.graph.add("join", ops::Concat{.axis = 0}, {x, y})});
  };
  EXPECT_EQ(joined(p, q), 0.5f);
  EXPECT_EQ(joined(p, net.b), 0.0f);
  EXPECT_EQ(net.threshold(slice, {net.graph.add("softmax", ops::Softmax{}, {net.a})}), 0.5f);
  EXPECT_EQ(both(ops::LogSoftmax{}), 0.0f);
  const NodeId log = net.graph.add("log", ops::LogSoftmax{}, {net.a});
  EXPECT_EQ(net.threshold(net.function(ops::FunctionKind::exponential, log)), 0.5f);
}

}  // namespace
}  // namespace tf_injector::detail
