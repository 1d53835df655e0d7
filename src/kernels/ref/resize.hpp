// tf.image.resize: which rows and columns of the input contribute to those of the output, and how they are
// summed (docs/numerics.md, "Resize").
#pragma once

#include <cstdint>
#include <vector>

#include "core/shape.hpp"
#include "graph/ops/resize.hpp"

namespace tf_injector::detail::ref {

// One axis: the taps of output i are begin[i] ... begin[i + 1] - 1.
struct ResizeAxis {
  std::vector<int64_t> begin;
  std::vector<int64_t> source;  // row or column of the input
  // Bilinear: only that of the second of two taps, which is the fraction of the way from the first.
  std::vector<float> weight;
};

struct ResizeTables {
  // How the taps of both axes are summed.
  enum class Sum {
    copy,     // nearest: one tap
    lerp,     // a + (b - a) * fraction, columns, then rows
    direct,   // rows, then columns, each v0 * w0 + v1 * w1 + ...
    area,     // columns v0 * w0 + ..., then from +0 rows; times `scale`
    gathered  // from +0 rows, then from +0 columns
  };
  Sum sum = Sum::copy;
  ResizeAxis rows, columns;
  float scale = 1.0f;
};
[[nodiscard]] ResizeTables resize_tables(const ops::Resize& op, const Shape& input);

void resize(const ResizeTables& tables, const Shape& input, const float* in, float* out, int images);

}  // namespace tf_injector::detail::ref
