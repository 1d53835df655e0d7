#include "session/image_shape.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace tf_injector::detail {
namespace {

using Dims = std::vector<int64_t>;

bool is_with_last_one(const Dims& longer, const Dims& shorter) {
  return longer.size() == shorter.size() + 1 && longer.back() == 1 &&
         std::equal(shorter.begin(), shorter.end(), longer.begin());
}

// Channels that are as many as the rows or the columns can be taken for them.
bool stands_out(const Dims& dims, size_t channels) {
  return std::count(dims.begin(), dims.end(), dims[channels]) == 1;
}

// Where nothing but the shape tells: grey or colour images, whose other end cannot be channels.
bool are_surely_channels(const Dims& dims, size_t channels) {
  const auto is_usual = [](int64_t n) { return n == 1 || n == 3; };
  const size_t other_end = kImageRank - 1 - channels;
  return stands_out(dims, channels) && is_usual(dims[channels]) && !is_usual(dims[other_end]);
}

// Orders of axes, (H, W, C) of the model as axes of the images, those with H before W first.
constexpr std::array<std::array<size_t, kImageRank>, 5> kOrders = {
    {{1, 2, 0}, {0, 2, 1}, {1, 0, 2}, {2, 1, 0}, {2, 0, 1}}};

std::string transpose_hint(const Dims& images, const Dims& wanted, ImageLayout layout) {
  if (images.size() != kImageRank || wanted.size() != kImageRank) return "";
  for (const auto& order : kOrders) {
    // Axis i of the model's input is axis from[i] of the images.
    std::array<size_t, kImageRank> from = order;
    std::string_view letters = "HWC";
    if (layout == ImageLayout::channels_first) {
      from = {order[2], order[0], order[1]};
      letters = "CHW";
    }
    Dims moved;
    std::string read(kImageRank, '?');
    for (size_t i = 0; i < kImageRank; ++i) {
      moved.push_back(images[from[i]]);
      read[from[i]] = letters[i];
    }
    if (moved != wanted) continue;
    const std::string change =
        fmt::format("store x.transpose(0, {}, {}, {})", from[0] + 1, from[1] + 1, from[2] + 1);
    if (layout == ImageLayout::unknown || layout == ImageLayout::other)
      return fmt::format("; if only the order of the axes is another, {}", change);
    return fmt::format("; the model takes ({}, {}, {}): if the images are ({}, {}, {}), {}", letters[0],
                       letters[1], letters[2], read[0], read[1], read[2], change);
  }
  return "";
}

}  // namespace

std::optional<ShapeChange> shape_change(const Dims& images, const Shape& input, ImageLayout layout) {
  const Dims& wanted = input.dims();
  if (images == wanted || is_with_last_one(wanted, images) || is_with_last_one(images, wanted))
    return ShapeChange::none;
  if (images.size() != kImageRank || wanted.size() != kImageRank) return std::nullopt;
  const auto fits = [&](ImageLayout model, size_t channels) {
    return layout == model ? stands_out(wanted, channels)
                           : layout == ImageLayout::unknown && are_surely_channels(wanted, channels);
  };
  if (Dims{images[2], images[0], images[1]} == wanted && fits(ImageLayout::channels_first, 0))
    return ShapeChange::to_channels_first;
  if (Dims{images[1], images[2], images[0]} == wanted && fits(ImageLayout::channels_last, 2))
    return ShapeChange::to_channels_last;
  return std::nullopt;
}

std::string reshape_hint(const Dims& images, const Shape& input, ImageLayout layout) {
  if (images.empty() || input.rank() == 0 || Shape(images).elements() != input.elements()) return "";
  const std::string transpose = transpose_hint(images, input.dims(), layout);
  if (!transpose.empty()) return transpose;
  return fmt::format("; as many values: if they lie in the same order, store x.reshape(-1, {})",
                     fmt::join(input.dims(), ", "));
}

}  // namespace tf_injector::detail
