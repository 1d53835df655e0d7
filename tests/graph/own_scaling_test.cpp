// Which layers tell that a model takes images as they are stored.
#include "graph/own_scaling.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail {
namespace {

using ops::BinaryKind;

struct Net {
  Graph graph;
  NodeId last = graph.add_input("input", "input", Shape{4, 4, 3});

  Net& then(const char* path, Op op) {
    last = graph.add(path, std::move(op), {last});
    return *this;
  }
  Net& then(const char* path, BinaryKind kind, std::vector<float> values, bool first = false) {
    const Shape shape{static_cast<int64_t>(values.size())};
    const auto id = static_cast<WeightId>(graph.weights.size());
    graph.weights.push_back({path, shape, std::move(values)});
    return then(path,
                ops::Binary{.kind = kind, .constant = id, .constant_shape = shape, .constant_first = first});
  }
  Net& named(const char* path, const char* class_name) {
    graph.layers.push_back(
        {.name = path, .path = path, .class_name = class_name, .weights = {}, .output_shape = {}});
    return *this;
  }
  std::string found() {
    return own_scaling(graph, 0) ? own_scaling(graph, 0)->path + " " + own_scaling(graph, 0)->class_name : "";
  }
};

TEST(OwnScaling, RescalingAndNormalizationWhateverTheyDo) {
  EXPECT_EQ(Net().named("r", "Rescaling").then("r", BinaryKind::multiply, {2}).found(), "r Rescaling");
  EXPECT_EQ(Net().named("n", "Normalization").then("n", BinaryKind::subtract, {0.5f}).found(),
            "n Normalization");
}

TEST(OwnScaling, ArithmeticForBytes) {
  EXPECT_EQ(Net().then("d", BinaryKind::divide, {127.5f}).found(), "d divide");
  EXPECT_EQ(Net().named("t", "TFOpLambda(math.truediv)").then("t", BinaryKind::divide, {255}).found(),
            "t TFOpLambda(math.truediv)");
  EXPECT_EQ(Net().then("m", BinaryKind::multiply, {1 / 255.0f}).found(), "m multiply");
  EXPECT_EQ(Net().then("c", BinaryKind::add, {-103.9f, -116.8f, -123.7f}).found(), "c add");
}

TEST(OwnScaling, ThroughWhatOnlyMoves) {
  EXPECT_EQ(Net()
                .then("p", ops::Pad{.paddings = {{1, 1}, {1, 1}, {0, 0}}})
                .then("t", ops::Transpose{{2, 0, 1}})
                .then("d", BinaryKind::divide, {255})
                .found(),
            "d divide");
}

TEST(OwnScaling, NothingElse) {
  EXPECT_EQ(Net().found(), "");
  EXPECT_EQ(Net().then("s", BinaryKind::subtract, {0.5f}).found(), "");  // of values from 0 to 1
  EXPECT_EQ(Net().then("m", BinaryKind::multiply, {2}).found(), "");
  EXPECT_EQ(Net().then("r", BinaryKind::divide, {255}, true).found(), "");  // 255 / x
  EXPECT_EQ(Net().then("a", ops::Activation{}).then("d", BinaryKind::divide, {255}).found(), "");
}

}  // namespace
}  // namespace tf_injector::detail
