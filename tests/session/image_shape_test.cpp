// Which orders of axes are transposed for a model: (C, H, W) <-> (H, W, C), and no other.
#include "session/image_shape.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace tf_injector::detail {
namespace {

using testing::HasSubstr;
using Dims = std::vector<int64_t>;

struct Image {
  int64_t height, width, channels;
  [[nodiscard]] Dims in_order(const std::string& letters) const {
    Dims dims;
    for (const char letter : letters)
      dims.push_back(letter == 'H' ? height : letter == 'W' ? width : channels);
    return dims;
  }
};

constexpr Image kImages[] = {{8, 8, 3}, {8, 8, 1}, {32, 32, 3}, {6, 8, 3}, {8, 6, 3}, {8, 8, 16},
                             {5, 7, 6}, {3, 8, 3}, {8, 3, 3},   {4, 4, 4}, {2, 9, 1}, {1, 8, 3},
                             {8, 1, 3}, {1, 1, 3}, {3, 3, 8},   {8, 8, 2}};
const std::string kOrders[] = {"HWC", "CHW", "HCW", "WCH", "WHC", "CWH"};

// Whatever is accepted has the model's shape already, or can only mean the other usual order of the axes.
TEST(ImageShape, TransposesOnlyBetweenChannelsFirstAndChannelsLast) {
  int transposed = 0;
  for (const auto layout :
       {ImageLayout::channels_last, ImageLayout::channels_first, ImageLayout::unknown, ImageLayout::other}) {
    for (const Image& image : kImages) {
      for (const std::string model : {"HWC", "CHW"}) {
        if (layout == ImageLayout::channels_last && model != "HWC") continue;
        if (layout == ImageLayout::channels_first && model != "CHW") continue;
        for (const std::string& order : kOrders) {
          const Dims images = image.in_order(order);
          const Dims wanted = image.in_order(model);
          const auto change = shape_change(images, Shape(wanted), layout);
          if (!change || *change == ShapeChange::none) {
            EXPECT_EQ(change.has_value(), images == wanted) << order << " for " << model;
            continue;
          }
          ++transposed;
          const bool is_last = *change == ShapeChange::to_channels_last;
          EXPECT_EQ(model, is_last ? "HWC" : "CHW");
          // Rows and columns of one length cannot be told apart; everything else can.
          const std::string usual = is_last ? "CHW" : "HWC";
          EXPECT_EQ(images, image.in_order(usual)) << order << " for " << model;
          EXPECT_TRUE(image.channels != image.height && image.channels != image.width);
          EXPECT_NE(layout, ImageLayout::other);
        }
      }
    }
  }
  EXPECT_GT(transposed, 20);
}

TEST(ImageShape, RefusesChannelsInTheMiddle) {
  for (const auto layout : {ImageLayout::channels_last, ImageLayout::unknown, ImageLayout::other}) {
    EXPECT_EQ(shape_change({8, 3, 8}, Shape{8, 8, 3}, layout), std::nullopt);
    EXPECT_EQ(shape_change({8, 1, 8}, Shape{8, 8, 1}, layout), std::nullopt);
  }
  EXPECT_EQ(shape_change({8, 3, 8}, Shape{3, 8, 8}, ImageLayout::channels_first), std::nullopt);
  EXPECT_THAT(
      reshape_hint({8, 3, 6}, Shape{8, 6, 3}, ImageLayout::channels_last),
      HasSubstr("; the model takes (H, W, C): if the images are (H, C, W), store x.transpose(0, 1, 3, 2)"));
  EXPECT_THAT(
      reshape_hint({8, 3, 6}, Shape{3, 8, 6}, ImageLayout::channels_first),
      HasSubstr("; the model takes (C, H, W): if the images are (H, C, W), store x.transpose(0, 2, 1, 3)"));
  EXPECT_THAT(reshape_hint({8, 3, 6}, Shape{8, 6, 3}, ImageLayout::unknown),
              HasSubstr("; if only the order of the axes is another, store x.transpose(0, 1, 3, 2)"));
}

TEST(ImageShape, TakesTheLayoutOfTheModelFirst) {
  EXPECT_EQ(shape_change({16, 8, 8}, Shape{8, 8, 16}, ImageLayout::channels_last),
            ShapeChange::to_channels_last);
  EXPECT_EQ(shape_change({8, 8, 16}, Shape{16, 8, 8}, ImageLayout::channels_first),
            ShapeChange::to_channels_first);
  EXPECT_EQ(shape_change({3, 8, 8}, Shape{8, 8, 3}, ImageLayout::unknown), ShapeChange::to_channels_last);
  EXPECT_EQ(shape_change({8, 8, 3}, Shape{3, 8, 8}, ImageLayout::unknown), ShapeChange::to_channels_first);
  EXPECT_EQ(shape_change({16, 8, 8}, Shape{8, 8, 16}, ImageLayout::unknown), std::nullopt);
  EXPECT_EQ(shape_change({8, 8, 3}, Shape{3, 8, 8}, ImageLayout::channels_last), std::nullopt);
}

}  // namespace
}  // namespace tf_injector::detail
