// Which ops tell where a model takes the channels of its images.
#include "graph/image_layout.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail {
namespace {

struct Net {
  explicit Net(Shape shape) { last = graph.add_input("input", "input", std::move(shape)); }
  Graph graph;
  NodeId last;

  Net& then(Op op) {
    last = graph.add("op", std::move(op), {last});
    return *this;
  }
  Net& plus(Shape shape) {
    const auto id = static_cast<WeightId>(graph.weights.size());
    graph.weights.push_back({"w", shape, std::vector<float>(static_cast<size_t>(shape.elements()))});
    return then(ops::Binary{.constant = id, .constant_shape = shape});
  }
  [[nodiscard]] ImageLayout layout() const { return image_layout(graph, 0); }
};

const ops::Pad kPad{.paddings = {{1, 1}, {1, 1}, {0, 0}}};

TEST(ImageLayout, OfWhatPoolingTakes) {
  EXPECT_EQ(Net(Shape{8, 8, 3}).then(ops::MaxPool2D{}).layout(), ImageLayout::channels_last);
  EXPECT_EQ(Net(Shape{8, 8, 3}).then(kPad).then(ops::Activation{}).then(ops::GlobalAveragePool{}).layout(),
            ImageLayout::channels_last);
  Net first(Shape{3, 8, 8});
  EXPECT_EQ(first.then(ops::Transpose{{1, 2, 0}}).then(kPad).then(ops::AveragePool2D{}).layout(),
            ImageLayout::channels_first);
  // Behind the first op that tells, transposes mean nothing for the input.
  EXPECT_EQ(first.then(ops::Transpose{{2, 0, 1}}).then(ops::MaxPool2D{}).layout(),
            ImageLayout::channels_first);
  EXPECT_EQ(Net(Shape{8, 3, 8}).then(ops::Transpose{{0, 2, 1}}).then(ops::MaxPool2D{}).layout(),
            ImageLayout::other);
}

TEST(ImageLayout, OfTransposesOneAfterTheOther) {
  Net net(Shape{3, 8, 6});
  net.then(ops::Transpose{{2, 1, 0}}).then(ops::Transpose{{1, 0, 2}}).then(ops::MaxPool2D{});
  EXPECT_EQ(net.layout(), ImageLayout::channels_first);
}

TEST(ImageLayout, OfOneValuePerChannel) {
  EXPECT_EQ(Net(Shape{8, 8, 3}).plus(Shape{3}).layout(), ImageLayout::channels_last);
  EXPECT_EQ(Net(Shape{3, 8, 8}).plus(Shape{3, 1, 1}).layout(), ImageLayout::channels_first);
  EXPECT_EQ(Net(Shape{3, 8, 8}).plus(Shape{1}).layout(), ImageLayout::unknown);
}

TEST(ImageLayout, IsUnknownOrContradictedOtherwise) {
  EXPECT_EQ(Net(Shape{8, 8, 3}).then(ops::Reshape{Shape{192}}).layout(), ImageLayout::unknown);
  EXPECT_EQ(Net(Shape{8, 8}).layout(), ImageLayout::unknown);
  Net both(Shape{8, 8, 8});
  both.then(ops::MaxPool2D{});
  both.last = 0;
  both.then(ops::Transpose{{1, 2, 0}}).then(ops::MaxPool2D{});
  EXPECT_EQ(both.layout(), ImageLayout::other);
}

}  // namespace
}  // namespace tf_injector::detail
