#include "session/image_feed.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Two images of (2, 1, 3), values 0..11, labels 0 and 1.
Dataset bytes_dataset() {
  Dataset dataset{.name = "D", .source = "set.npz", .sha256 = "", .inputs = {}, .labels = {0, 1}};
  DatasetInput input{.name = "x", .shape = {2, 1, 3}, .is_float = false, .bytes = {}, .floats = {}};
  input.bytes = std::vector<uint8_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  dataset.inputs.push_back(std::move(input));
  return dataset;
}

Dataset floats_dataset() {
  Dataset dataset = bytes_dataset();
  DatasetInput& input = dataset.inputs[0];
  input.is_float = true;
  input.floats = std::vector<float>(input.bytes.begin(), input.bytes.end());
  input.bytes = {};
  return dataset;
}

const std::vector<PlanInput> kInput{{"input", Shape{2, 1, 3}}};

std::vector<float> fed(const ImageFeed& feed, int64_t first, int images, size_t input = 0) {
  ImageFeed::Buffers buffers = feed.make_buffers(images + 1);
  const auto views = feed.fill({.first = first, .images = images, .batch = 2}, buffers);
  return {views[input].begin(), views[input].end()};
}

std::string refusal(const std::function<void()>& work) {
  try {
    work();
    return "";
  } catch (const DatasetError& error) {
    return error.what();
  }
}

std::string refusal(Dataset dataset, const std::vector<PlanInput>& inputs = kInput,
                    FeedOptions options = {}) {
  return refusal([&] { ImageFeed(std::move(dataset), inputs, 2, std::move(options)); });
}

FeedOptions of_layout(ImageLayout layout) { return {.inputs = {{.layout = layout}}, .limit = {}}; }

FeedOptions with(const data::Preprocessing& preprocessing, NumberType type = NumberType::float32,
                 ImageLayout layout = ImageLayout::unknown) {
  return {.inputs = {{preprocessing, type, layout}}, .limit = {}};
}

TEST(ImageFeed, FeedsFloatsAndBytesAsTheyAreOrScaled) {
  const ImageFeed floats(floats_dataset(), kInput, 2, {});
  EXPECT_THAT(fed(floats, 1, 1), ElementsAre(6, 7, 8, 9, 10, 11));
  EXPECT_EQ(fed(floats, 0, 2).size(), 12u);
  EXPECT_THAT(fed(ImageFeed(bytes_dataset(), kInput, 2, {}), 1, 1), ElementsAre(6, 7, 8, 9, 10, 11));
  const ImageFeed bytes(bytes_dataset(), kInput, 2, with({data::Scaling::numpy, {}}));
  EXPECT_EQ(fed(bytes, 1, 1)[2], 8.0f / 255.0f);
  EXPECT_EQ(floats.images(), 2);
  EXPECT_GE(floats.bytes(), 12 * sizeof(float) + 2 * sizeof(int32_t));
  EXPECT_GE(bytes.bytes(), 12 + 2 * sizeof(int32_t));
  EXPECT_EQ(bytes.bytes_per_image(), 6 * sizeof(float));
}

TEST(ImageFeed, NormalisesBytesAndFloatsWhenAsked) {
  const data::Normalization normalization{.mean = {1, 2, 3}, .std = {2, 4, 8}};
  EXPECT_THAT(fed(ImageFeed(floats_dataset(), kInput, 2, with({.normalization = normalization})), 0, 1),
              ElementsAre(-0.5f, -0.25f, -0.125f, 1, 0.5f, 0.25f));
  EXPECT_EQ(fed(ImageFeed(bytes_dataset(), kInput, 2, with({data::Scaling::numpy, normalization})), 0, 1)[1],
            (1.0f / 255.0f - 2.0f) / 4.0f);
}

// As Keras: the fraction is cut off, and what does not fit wraps round (graph/number_type.hpp).
TEST(ImageFeed, CastsToTheTypeOfTheInput) {
  const ImageFeed bytes(bytes_dataset(), kInput, 2, with({}, NumberType::uint8));
  EXPECT_THAT(fed(bytes, 1, 1), ElementsAre(6, 7, 8, 9, 10, 11));
  EXPECT_THAT(bytes.warnings(), ElementsAre());
  Dataset dataset = floats_dataset();
  EXPECT_THAT(ImageFeed(dataset, kInput, 2, with({}, NumberType::uint8)).warnings(), ElementsAre());
  dataset.inputs[0].floats = std::vector<float>{0.5f, 1.9f, -1.0f, 255, 256, 300.7f, 0, 0, 0, 0, 0, 0};
  const ImageFeed cut(dataset, kInput, 2, with({}, NumberType::uint8));
  EXPECT_THAT(fed(cut, 0, 1), ElementsAre(0, 1, 255, 255, 0, 44));
  EXPECT_THAT(cut.warnings(), ElementsAre(HasSubstr("the model's input 'input' is uint8")));
  const ImageFeed scaled(bytes_dataset(), kInput, 2, with({data::Scaling::numpy, {}}, NumberType::uint8));
  EXPECT_THAT(fed(scaled, 1, 1), ElementsAre(0, 0, 0, 0, 0, 0));
}

TEST(ImageFeed, TransposesForModelsThatTakeChannelsFirst) {
  const ImageFeed feed(floats_dataset(), {{"input", Shape{3, 2, 1}}}, 2,
                       of_layout(ImageLayout::channels_first));
  EXPECT_THAT(feed.remarks(),
              ElementsAre("set.npz: images of (2, 1, 3) are transposed to (3, 2, 1), which the model's input "
                          "'input' takes"));
  EXPECT_THAT(fed(feed, 1, 1), ElementsAre(6, 9, 7, 10, 8, 11));
  EXPECT_THAT(fed(feed, 0, 2), ElementsAre(0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11));
  EXPECT_EQ(feed.bytes_per_image(), 12 * sizeof(float));
}

TEST(ImageFeed, TransposesForModelsThatTakeChannelsLast) {
  for (Dataset dataset : {floats_dataset(), bytes_dataset()}) {
    dataset.inputs[0].shape = {3, 2, 1};
    FeedOptions options = of_layout(ImageLayout::channels_last);
    const data::Normalization normalization{.mean = {0, 1, 2}, .std = {1, 1, 1}};
    if (!dataset.inputs[0].is_float)
      options = with({data::Scaling::numpy, normalization}, NumberType::float32, ImageLayout::channels_last);
    const ImageFeed feed(dataset, kInput, 2, options);
    EXPECT_THAT(
        feed.remarks(),
        ElementsAre("set.npz: images of (3, 2, 1) are transposed to (2, 1, 3), which the model's input "
                    "'input' takes"));
    if (dataset.inputs[0].is_float) {
      EXPECT_THAT(fed(feed, 0, 2), ElementsAre(0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11));
    } else {  // each channel with its own mean
      EXPECT_THAT(fed(feed, 0, 1),
                  ElementsAre(0, 2 / 255.0f - 1, 4 / 255.0f - 2, 1 / 255.0f, 3 / 255.0f - 1, 5 / 255.0f - 2));
    }
  }
}

TEST(ImageFeed, NormalisesChannelsThatLieFirst) {
  Dataset dataset = floats_dataset();
  dataset.inputs[0].shape = {3, 2, 1};
  const data::Normalization normalization{.mean = {0, 1, 2}, .std = {1, 1, 1}};
  const ImageFeed feed(dataset, {{"input", Shape{3, 2, 1}}}, 2, with({.normalization = normalization}));
  EXPECT_THAT(feed.remarks(), ElementsAre());
  EXPECT_THAT(fed(feed, 0, 2), ElementsAre(0, 1, 1, 2, 2, 3, 6, 7, 7, 8, 8, 9));
}

// As Keras: a last axis of length 1 comes and goes, no other does.
TEST(ImageFeed, AddsAndDropsALastAxisOfOne) {
  const auto takes = [](const std::vector<int64_t>& images, const Shape& input) {
    Dataset dataset = floats_dataset();
    dataset.inputs[0].shape = images;
    std::vector<float> values = dataset.inputs[0].floats.copy();
    values.resize(2 * static_cast<size_t>(Shape(images).elements()));
    dataset.inputs[0].floats = std::move(values);
    const std::vector<PlanInput> inputs{{"input", input}};
    const std::string refused = refusal(dataset, inputs);
    if (refused.empty()) {
      const ImageFeed feed(dataset, inputs, 2, {});
      EXPECT_EQ(fed(feed, 0, 2), dataset.inputs[0].floats);
      EXPECT_THAT(feed.remarks(), ElementsAre());
    }
    return refused.empty();
  };
  EXPECT_TRUE(takes({2, 3}, Shape{2, 3, 1}));
  EXPECT_TRUE(takes({2, 3, 1}, Shape{2, 3}));
  EXPECT_TRUE(takes({6}, Shape{6, 1}));
  EXPECT_TRUE(takes({6, 1}, Shape{6}));
  EXPECT_TRUE(takes({}, Shape{1}));
  EXPECT_TRUE(takes({1, 1}, Shape{1}));
  EXPECT_FALSE(takes({2, 3}, Shape{1, 2, 3}));
  EXPECT_FALSE(takes({2, 3}, Shape{2, 3, 1, 1}));
  EXPECT_FALSE(takes({2, 3, 1, 1}, Shape{2, 3}));
  EXPECT_FALSE(takes({2, 3}, Shape{2, 3, 3}));
  EXPECT_FALSE(takes({6}, Shape{2, 3, 1}));
}

TEST(ImageFeed, GivesEachInputOfAModelItsArray) {
  Dataset dataset = floats_dataset();
  dataset.inputs.push_back(
      {.name = "y", .shape = {1}, .is_float = true, .bytes = {}, .floats = std::vector<float>{70, 71}});
  const std::vector<PlanInput> inputs{{"y", Shape{1}}, {"x", Shape{2, 1, 3}}};
  const ImageFeed feed(dataset, inputs, 2, {});
  EXPECT_THAT(fed(feed, 1, 1, 0), ElementsAre(71));
  EXPECT_THAT(fed(feed, 0, 1, 1), ElementsAre(0, 1, 2, 3, 4, 5));
  dataset.inputs[1].name = "z";
  EXPECT_THAT(refusal(dataset, inputs), HasSubstr("set.npz: no array 'y'"));
}

TEST(ImageFeed, TakesTheFirstImages) {
  Dataset dataset = floats_dataset();
  dataset.labels[1] = 99;  // of an image that is not taken
  EXPECT_EQ(ImageFeed(dataset, kInput, 2, {.limit = 1}).images(), 1);
  EXPECT_EQ(ImageFeed(floats_dataset(), kInput, 2, {.limit = 100}).images(), 2);
}

TEST(ImageFeed, RefusesWhatDoesNotFitTheModel) {
  EXPECT_THAT(refusal(floats_dataset(), {{"input", Shape{2, 2, 3}}}),
              HasSubstr("set.npz: images of (2, 1, 3), the model's input 'input' takes (2, 2, 3)"));
  EXPECT_THAT(refusal(floats_dataset(), {{"input", Shape{6}}}),
              HasSubstr("takes (6,); as many values: if they lie in the same order, store x.reshape(-1, 6)"));
  Dataset dataset = floats_dataset();
  dataset.labels = {1, 2};
  EXPECT_THAT(refusal(dataset),
              HasSubstr("is outside 0..1: the model has 2 classes; these labels count from 1"));
  dataset.labels[0] = 0;
  dataset.labels[1] = 2;
  EXPECT_THAT(refusal(dataset), HasSubstr("set.npz: label 2 of image 1 (from 0) is outside 0..1"));
  dataset.labels[1] = -1;
  EXPECT_THAT(refusal(dataset), HasSubstr("label -1 of image 1"));
  dataset.labels.clear();
  EXPECT_THAT(refusal(dataset), HasSubstr("set.npz: holds no images"));
  dataset = floats_dataset();
  dataset.labels.push_back(0);
  EXPECT_THAT(refusal(dataset), HasSubstr("set.npz: 12 values, 3 images of (2, 1, 3) have 18"));
  dataset = bytes_dataset();
  std::vector<uint8_t> bytes = dataset.inputs[0].bytes.copy();
  bytes.pop_back();
  dataset.inputs[0].bytes = std::move(bytes);
  EXPECT_THAT(refusal(dataset), HasSubstr("set.npz: 11 values, 2 images of (2, 1, 3) have 12"));
  dataset = bytes_dataset();
  dataset.inputs.clear();
  EXPECT_THAT(refusal(dataset), HasSubstr("no array 'input'"));
}

TEST(ImageFeed, RefusesToNormaliseOtherThanThreeChannelsBeforeAnyWork) {
  Dataset dataset = bytes_dataset();
  dataset.inputs[0].shape = {2, 3, 1};
  EXPECT_NE(refusal(dataset, {{"input", Shape{2, 3, 1}}}, with({.normalization = data::Normalization{}})),
            "");
  EXPECT_EQ(refusal(dataset, {{"input", Shape{2, 3, 1}}}), "");
  EXPECT_THAT(
      refusal(dataset, {{"input", Shape{2, 3, 1}}}, with({.normalization = data::Normalization{}})),
      HasSubstr("set.npz: images of (2, 3, 1) cannot be normalized: expected 3 channels, each with its "
                "mean and standard deviation, found 1 (the last axis of the model's input 'input'"));
}

}  // namespace
}  // namespace tf_injector::detail
