#include "campaign/image_feed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/shape.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

constexpr int kImageRank = 3;  // (H, W, C)

// (H, W, C) -> (C, H, W), the shape that channels-first models take.
std::vector<int64_t> channels_first(const std::vector<int64_t>& shape) {
  return {shape[2], shape[0], shape[1]};
}

void transpose_image(const float* image, const std::vector<int64_t>& shape, float* out) {
  const int64_t pixels = shape[0] * shape[1];
  const int64_t channels = shape[2];
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t p = 0; p < pixels; ++p) out[c * pixels + p] = image[p * channels + c];
  }
}

std::string names_of_arrays(const Dataset& dataset) {
  std::string names;
  for (const DatasetInput& array : dataset.inputs) names += (names.empty() ? "" : ", ") + array.name;
  return names;
}

// The array for an input: the only one, or the one of its name.
size_t find_array(const Dataset& dataset, const std::vector<PlanInput>& inputs, const PlanInput& input) {
  if (inputs.size() == 1 && dataset.inputs.size() == 1) return 0;
  for (size_t i = 0; i < dataset.inputs.size(); ++i) {
    if (dataset.inputs[i].name == input.name) return i;
  }
  throw DatasetError(
      fmt::format("{}: no array '{}'; the model has {} inputs and takes one array for each, named as the "
                  "input; found: {}",
                  dataset.source, input.name, inputs.size(), names_of_arrays(dataset)));
}

}  // namespace

ImageFeed::ImageFeed(Dataset dataset, const std::vector<PlanInput>& inputs, int64_t classes,
                     FeedOptions options)
    : dataset_(std::move(dataset)), options_(std::move(options)) {
  images_ = static_cast<int64_t>(dataset_.size());
  if (options_.limit) images_ = std::min(images_, *options_.limit);
  if (images_ < 1) throw DatasetError(dataset_.source + ": holds no images");
  match(inputs);
  check_labels(classes);
  Buffers buffers = make_buffers(1);  // what preprocessing refuses is refused before any work
  static_cast<void>(fill({.first = 0, .images = 1, .batch = 1}, buffers));
}

void ImageFeed::match(const std::vector<PlanInput>& inputs) {
  for (const PlanInput& input : inputs) {
    Source source{.array = find_array(dataset_, inputs, input), .elements = input.shape.elements()};
    const std::vector<int64_t>& shape = dataset_.inputs[source.array].shape;
    source.transposed = shape != input.shape.dims() && shape.size() == kImageRank &&
                        channels_first(shape) == input.shape.dims();
    if (shape != input.shape.dims() && !source.transposed) {
      throw DatasetError(fmt::format("{}: images of {}, the model's input '{}' takes {}", dataset_.source,
                                     Shape(shape).to_string(), input.name, input.shape.to_string()));
    }
    check_size(dataset_.inputs[source.array]);
    sources_.push_back(source);
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

size_t ImageFeed::bytes() const noexcept {
  size_t bytes = 0;
  for (const DatasetInput& array : dataset_.inputs)
    bytes += array.bytes.size() + array.floats.size() * sizeof(float);
  return bytes;
}

size_t ImageFeed::bytes_per_image() const noexcept {
  int64_t elements = 0;
  int64_t scratch = 0;
  for (const Source& source : sources_) {
    elements += source.elements;
    if (source.transposed) scratch = std::max(scratch, source.elements);
  }
  return static_cast<size_t>(elements + scratch) * sizeof(float);
}

bool ImageFeed::transposed() const noexcept {
  return std::any_of(sources_.begin(), sources_.end(), [](const Source& s) { return s.transposed; });
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

void ImageFeed::preprocess(const DatasetInput& array, int64_t first, int64_t count,
                           std::span<float> out) const {
  const auto elements = static_cast<size_t>(Shape(array.shape).elements());
  const auto offset = static_cast<size_t>(first) * elements;
  const auto size = static_cast<size_t>(count) * elements;
  const int64_t channels = array.shape.empty() ? 1 : array.shape.back();
  if (array.is_float && array.needs_preprocessing) {
    data::preprocess(std::span(array.floats).subspan(offset, size), channels, options_.arithmetic,
                     options_.normalization, out);
  } else if (array.is_float) {
    data::preprocess(std::span(array.floats).subspan(offset, size), channels,
                     options_.normalize_floats ? options_.normalization : std::nullopt, out);
  } else {
    data::preprocess(std::span(array.bytes).subspan(offset, size), channels, options_.arithmetic,
                     options_.normalization, out);
  }
}

std::span<const std::span<const float>> ImageFeed::fill(const Tile& tile, Buffers& buffers) const {
  for (size_t i = 0; i < sources_.size(); ++i) {
    const Source& source = sources_[i];
    const DatasetInput& array = dataset_.inputs[source.array];
    const auto size = static_cast<size_t>(source.elements * tile.images);
    const std::span<float> values = buffers.inputs[i].span().first(size);
    buffers.views[i] = values;
    if (!source.transposed) {
      preprocess(array, tile.first, tile.images, values);
      continue;
    }
    const std::span<float> plain = buffers.before_transpose.span().first(size);
    preprocess(array, tile.first, tile.images, plain);
    for (int64_t image = 0; image < tile.images; ++image) {
      const int64_t offset = image * source.elements;
      transpose_image(plain.data() + offset, array.shape, values.data() + offset);
    }
  }
  return buffers.views;
}

}  // namespace tf_injector
