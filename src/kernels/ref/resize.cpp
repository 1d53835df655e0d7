#include "kernels/ref/resize.hpp"

#include <algorithm>

namespace tf_injector::detail::ref {
namespace {

size_t index(int64_t i) { return static_cast<size_t>(i); }

// v0 * w0 + v1 * w1 + ... over the taps of output i; `from_zero`: 0 + v0 * w0 + ...
template <class Value>
float weighted(const ResizeAxis& axis, int64_t i, bool from_zero, Value value) {
  const int64_t begin = axis.begin[index(i)], end = axis.begin[index(i + 1)];
  float sum = 0.0f;
  for (int64_t t = begin; t < end; ++t) {
    const float product = value(axis.source[index(t)]) * axis.weight[index(t)];
    sum = t == begin && !from_zero ? product : sum + product;
  }
  return sum;
}

// The output (y, x) of one channel; pixel(row, column) gives the input.
template <class Pixel>
float resized(const ResizeTables& t, int64_t y, int64_t x, Pixel pixel) {
  using Sum = ResizeTables::Sum;
  const int64_t row = t.rows.begin[index(y)], column = t.columns.begin[index(x)];
  switch (t.sum) {
    case Sum::copy:
      return pixel(t.rows.source[index(row)], t.columns.source[index(column)]);
    case Sum::lerp: {
      const auto between = [&](int64_t tap) {
        const int64_t r = t.rows.source[index(tap)];
        const float left = pixel(r, t.columns.source[index(column)]);
        const float right = pixel(r, t.columns.source[index(column + 1)]);
        return left + (right - left) * t.columns.weight[index(column + 1)];
      };
      const float top = between(row), bottom = between(row + 1);
      return top + (bottom - top) * t.rows.weight[index(row + 1)];
    }
    case Sum::direct:
    case Sum::gathered: {
      const bool from_zero = t.sum == Sum::gathered;
      return weighted(t.columns, x, from_zero, [&](int64_t c) {
        return weighted(t.rows, y, from_zero, [&](int64_t r) { return pixel(r, c); });
      });
    }
    case Sum::area:
      return weighted(t.rows, y, true,
                      [&](int64_t r) {
                        return weighted(t.columns, x, false, [&](int64_t c) { return pixel(r, c); });
                      }) *
             t.scale;
  }
  return 0.0f;
}

}  // namespace

void resize(const ResizeTables& tables, const Shape& input, const float* in, float* out, int images) {
  const auto height = static_cast<int64_t>(tables.rows.begin.size()) - 1;
  const auto width = static_cast<int64_t>(tables.columns.begin.size()) - 1;
  const int64_t channels = input[2];
  for (int64_t n = 0; n < images; ++n) {
    const float* image = in + n * input.elements();
    for (int64_t y = 0; y < height; ++y) {
      for (int64_t x = 0; x < width; ++x) {
        for (int64_t c = 0; c < channels; ++c, ++out) {
          *out = resized(tables, y, x, [&](int64_t row, int64_t column) {
            return image[(row * input[1] + column) * channels + c];
          });
        }
      }
    }
  }
}

}  // namespace tf_injector::detail::ref
