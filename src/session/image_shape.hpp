// How images of one shape become those that a model's input takes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/shape.hpp"
#include "graph/image_layout.hpp"

namespace tf_injector::detail {

constexpr size_t kImageRank = 3;  // height, width and channels, in the order of the layout

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

// A matrix of so many rows, transposed. One image: (C, H, W) are C rows of pixels, (H, W, C) pixels of C
// columns.
template <typename Value>
void transpose_matrix(std::span<const Value> matrix, size_t rows, std::span<Value> out) {
  const size_t columns = matrix.size() / rows;
  for (size_t column = 0; column < columns; ++column) {
    for (size_t row = 0; row < rows; ++row) out[column * rows + row] = matrix[row * columns + column];
  }
}

}  // namespace tf_injector::detail
