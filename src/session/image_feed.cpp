#include "session/image_feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/shape.hpp"
#include "session/image_shape.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

// Every image of the array.
template <typename Value>
void move_all_channels_last(SharedArray<Value>& values, int64_t images, int64_t channels) {
  const size_t size = values.size() / static_cast<size_t>(images);
  std::vector<Value> moved(values.size());
  for (size_t at = 0; at < values.size(); at += size) {
    transpose_matrix<Value>(values.span().subspan(at, size), static_cast<size_t>(channels),
                            std::span(moved).subspan(at, size));
  }
  values = std::move(moved);
}

std::string names_of_arrays(const Dataset& dataset) {
  std::string names;
  for (const DatasetInput& array : dataset.inputs) names += (names.empty() ? "" : ", ") + array.name;
  return names;
}

constexpr int64_t kNormalizedChannels = 3;

// Images of (C, H, W) that are to be normalised channel by channel. Of a model whose layout is not known,
// three channels stand out.
bool has_channels_first(const std::vector<int64_t>& shape, const InputFeed& feed) {
  if (!feed.preprocessing.normalization || shape.size() != kImageRank) return false;
  if (feed.layout != ImageLayout::unknown) return feed.layout == ImageLayout::channels_first;
  return shape[0] == kNormalizedChannels && shape[2] != kNormalizedChannels;
}

void check_channels(const std::string& source, const std::vector<int64_t>& found, const PlanInput& input,
                    const InputFeed& feed) {
  if (!feed.preprocessing.normalization) return;
  const std::vector<int64_t>& taken = input.shape.dims();
  const bool is_first = has_channels_first(taken, feed);
  const int64_t channels = taken.empty() ? 1 : is_first ? taken.front() : taken.back();
  if (channels == kNormalizedChannels) return;
  throw DatasetError(fmt::format(
      "{}: images of {} cannot be normalized: expected {} channels, each with its mean and standard "
      "deviation, found {} (the {} axis of the model's input '{}', {}); give float32 images that are "
      "normalized already, or leave out `dataset`, `mean` and `std`",
      source, Shape(found).to_string(), kNormalizedChannels, channels, is_first ? "first" : "last",
      input.name, input.shape.to_string()));
}

// Values that the input's type may change.
bool is_cast(const DatasetInput& array, const InputFeed& feed) {
  const bool is_raw_bytes = !array.is_float && feed.preprocessing == data::Preprocessing{};
  return !(is_raw_bytes && holds_all_of(feed.type, NumberType::uint8)) &&
         !holds_all_of(feed.type, NumberType::float32);
}

}  // namespace

size_t array_of_input(const Dataset& dataset, const std::vector<PlanInput>& inputs, size_t input) {
  if (inputs.size() == 1 && dataset.inputs.size() == 1) return 0;
  const std::string& name = inputs[input].name;
  for (size_t i = 0; i < dataset.inputs.size(); ++i) {
    if (dataset.inputs[i].name == name) return i;
  }
  throw DatasetError(
      fmt::format("{}: no array '{}'; the model has {} inputs and takes one array for each, named as the "
                  "input; found: {}",
                  dataset.source, name, inputs.size(), names_of_arrays(dataset)));
}

ImageFeed::ImageFeed(Dataset dataset, const std::vector<PlanInput>& inputs, int64_t classes,
                     FeedOptions options)
    : dataset_(std::move(dataset)) {
  images_ = static_cast<int64_t>(dataset_.size());
  if (options.limit) images_ = std::min(images_, *options.limit);
  if (images_ < 1) throw DatasetError(dataset_.source + ": holds no images");
  options.inputs.resize(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    sources_.push_back(match(inputs[i], array_of_input(dataset_, inputs, i), options.inputs[i]));
    check_type(inputs[i], sources_.back());
  }
  check_labels(classes);
  Buffers buffers = make_buffers(1);  // what preprocessing refuses is refused before any work
  static_cast<void>(fill({.first = 0, .images = 1, .batch = 1}, buffers));
}

ImageFeed::Source ImageFeed::match(const PlanInput& input, size_t array_place, const InputFeed& feed) {
  DatasetInput& array = dataset_.inputs[array_place];
  check_size(array);
  const std::optional<ShapeChange> change = shape_change(array.shape, input.shape, feed.layout);
  const std::string found = Shape(array.shape).to_string();
  if (!change) {
    throw DatasetError(fmt::format("{}: images of {}, the model's input '{}' takes {}{}", dataset_.source,
                                   found, input.name, input.shape.to_string(),
                                   reshape_hint(array.shape, input.shape, feed.layout)));
  }
  if (*change != ShapeChange::none) {
    remarks_.push_back(
        fmt::format("{}: images of {} are transposed to {}, which the model's input '{}' takes",
                    dataset_.source, found, input.shape.to_string(), input.name));
  }
  check_channels(dataset_.source, array.shape, input, feed);
  Source source{.array = array_place,
                .feed = feed,
                .transposed = *change == ShapeChange::to_channels_first,
                .elements = input.shape.elements()};
  if (!source.transposed) array.shape = input.shape.dims();
  if (*change == ShapeChange::to_channels_last) {
    put_channels_last(array, input.shape.back());
  } else if (!source.transposed && has_channels_first(array.shape, feed)) {
    // Channels lie last while images are normalised.
    array.shape = {array.shape[1], array.shape[2], array.shape[0]};
    put_channels_last(array, array.shape.back());
    source.transposed = true;
  }
  return source;
}

// Floats that an input of integers takes only in part; preprocessed values are warned of where that is
// chosen.
void ImageFeed::check_type(const PlanInput& input, const Source& source) {
  const DatasetInput& array = dataset_.inputs[source.array];
  if (!is_integer(source.feed.type) || source.feed.preprocessing != data::Preprocessing{}) return;
  const bool loses = std::any_of(array.floats.begin(), array.floats.end(),
                                 [&](float v) { return stored_as(source.feed.type, v) != v; });
  if (!loses) return;
  warnings_.push_back(
      fmt::format("{}: the model's input '{}' is {}: values that it does not hold are cut to "
                  "whole numbers or wrap round, as Keras does",
                  dataset_.source, input.name, number_type_name(source.feed.type)));
}

void ImageFeed::put_channels_last(DatasetInput& array, int64_t channels) const {
  const auto images = static_cast<int64_t>(dataset_.size());
  if (array.is_float) {
    move_all_channels_last(array.floats, images, channels);
  } else {
    move_all_channels_last(array.bytes, images, channels);
  }
}

void ImageFeed::check_size(const DatasetInput& array) const {
  const size_t values = array.is_float ? array.floats.size() : array.bytes.size();
  const size_t expected = dataset_.size() * static_cast<size_t>(Shape(array.shape).elements());
  if (values == expected) return;
  throw DatasetError(fmt::format("{}: {} values, {} images of {} have {}", dataset_.source, values,
                                 dataset_.size(), Shape(array.shape).to_string(), expected));
}

void ImageFeed::check_labels(int64_t classes) const {
  for (int64_t image = 0; image < images_; ++image) {
    if (label(image) >= 0 && label(image) < classes) continue;
    throw DatasetError(
        fmt::format("{}: label {} of image {} (from 0) is outside 0..{}: the model has {} classes{}",
                    dataset_.source, label(image), image, classes - 1, classes,
                    counts_from_one(classes) ? "; these labels count from 1: store y - 1" : ""));
  }
}

bool ImageFeed::counts_from_one(int64_t classes) const {
  const auto [least, most] = std::minmax_element(dataset_.labels.begin(), dataset_.labels.end());
  return *least == 1 && *most == classes;
}

size_t ImageFeed::bytes() const noexcept { return dataset_.bytes(); }

size_t ImageFeed::bytes_per_image() const noexcept {
  int64_t elements = 0;
  int64_t scratch = 0;
  for (const Source& source : sources_) {
    elements += source.elements;
    if (source.transposed) scratch = std::max(scratch, source.elements);
  }
  return static_cast<size_t>(elements + scratch) * sizeof(float);
}

ImageFeed::Buffers ImageFeed::make_buffers(int tile) const {
  Buffers buffers;
  int64_t scratch = 0;
  for (const Source& source : sources_) {
    buffers.inputs.emplace_back(static_cast<size_t>(source.elements * tile));
    if (source.transposed) scratch = std::max(scratch, source.elements * tile);
  }
  buffers.before_transpose = AlignedBuffer(static_cast<size_t>(scratch));
  buffers.views.resize(sources_.size());
  return buffers;
}

void ImageFeed::preprocess(const Source& source, int64_t first, int64_t count, std::span<float> out) const {
  const DatasetInput& array = dataset_.inputs[source.array];
  const auto elements = static_cast<size_t>(source.elements);
  const auto offset = static_cast<size_t>(first) * elements;
  const auto size = static_cast<size_t>(count) * elements;
  const int64_t channels = array.shape.empty() ? 1 : array.shape.back();
  if (array.is_float) {
    data::preprocess(array.floats.span().subspan(offset, size), channels, source.feed.preprocessing, out);
  } else {
    data::preprocess(array.bytes.span().subspan(offset, size), channels, source.feed.preprocessing, out);
  }
  if (!is_cast(array, source.feed)) return;
  for (float& value : out) value = stored_as(source.feed.type, value);
}

std::span<const std::span<const float>> ImageFeed::fill(const Tile& tile, Buffers& buffers) const {
  for (size_t i = 0; i < sources_.size(); ++i) {
    const Source& source = sources_[i];
    const DatasetInput& array = dataset_.inputs[source.array];
    const auto size = static_cast<size_t>(source.elements * tile.images);
    const std::span<float> values = buffers.inputs[i].span().first(size);
    buffers.views[i] = values;
    if (!source.transposed) {
      preprocess(source, tile.first, tile.images, values);
      continue;
    }
    const std::span<float> plain = buffers.before_transpose.span().first(size);
    preprocess(source, tile.first, tile.images, plain);
    const auto elements = static_cast<size_t>(source.elements);
    const size_t pixels = elements / static_cast<size_t>(array.shape.back());
    for (size_t at = 0; at < size; at += elements)
      transpose_matrix<float>(plain.subspan(at, elements), pixels, values.subspan(at, elements));
  }
  return buffers.views;
}

}  // namespace tf_injector::detail
