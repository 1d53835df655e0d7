// How images of one shape become those that a model's input takes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/shape.hpp"
#include "graph/image_layout.hpp"

namespace tf_injector {

enum class ShapeChange {
  none,               // also a last axis of length 1 that is missing or one too many: Keras adds and drops it
  to_channels_first,  // (H, W, C) -> (C, H, W)
  to_channels_last,   // (C, H, W) -> (H, W, C)
};

// Nothing when they do not fit. Equal shapes are never transposed. (C, H, W) is only transposed for a model
// of (H, W, C), and the reverse; where the model's layout is not known, only where the channels stand out as
// the shortest axis; and never where other orders of the axes give the same shape as well.
[[nodiscard]] std::optional<ShapeChange> shape_change(const std::vector<int64_t>& images, const Shape& input,
                                                      ImageLayout layout);

// What makes images of that many elements fit, for a message: "" when nothing does.
[[nodiscard]] std::string reshape_hint(const std::vector<int64_t>& images, const Shape& input,
                                       ImageLayout layout);

// One image, (C, H, W) -> (H, W, C): as many pixels as H * W.
template <typename Value>
void move_channels_last(std::span<const Value> image, int64_t channels, std::span<Value> out) {
  const int64_t pixels = static_cast<int64_t>(image.size()) / channels;
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t p = 0; p < pixels; ++p)
      out[static_cast<size_t>(p * channels + c)] = image[static_cast<size_t>(c * pixels + p)];
  }
}

// One image, (H, W, C) -> (C, H, W).
template <typename Value>
void move_channels_first(std::span<const Value> image, int64_t channels, std::span<Value> out) {
  const int64_t pixels = static_cast<int64_t>(image.size()) / channels;
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t p = 0; p < pixels; ++p)
      out[static_cast<size_t>(c * pixels + p)] = image[static_cast<size_t>(p * channels + c)];
  }
}

}  // namespace tf_injector
