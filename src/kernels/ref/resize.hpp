// tf.image.resize: which rows and columns of the input make those of the output, and how they are put
// together (docs/numerics.md, "Resize").
#pragma once

#include <cstdint>
#include <vector>

#include "core/shape.hpp"
#include "graph/ops/resize.hpp"

namespace tf_injector::ref {

// Along one axis: output i is made of the taps begin[i] ... begin[i + 1] - 1.
struct ResizeAxis {
  std::vector<int64_t> begin;
  std::vector<int64_t> source;  // row or column of the input
  // Bilinear: of the second of two taps, how far behind the first the output lies.
  std::vector<float> weight;
};

struct ResizeTables {
  // How the taps of both axes are put together.
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

}  // namespace tf_injector::ref
