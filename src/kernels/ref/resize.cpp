#include <algorithm>
#include <cmath>

#include "kernels/ref/reference.hpp"

namespace tf_injector::ref {
namespace {

// Which two input rows (or columns) an output row lies between, and how far behind the first.
struct Between {
  int64_t low, high;
  float fraction;
};

Between between(int64_t at, int64_t in, int64_t out) {
  const float scale = static_cast<float>(in) / static_cast<float>(out);
  const float place = (static_cast<float>(at) + 0.5f) * scale - 0.5f;
  const float floor = std::floor(place);
  return {std::max<int64_t>(static_cast<int64_t>(floor), 0),
          std::min<int64_t>(static_cast<int64_t>(std::ceil(place)), in - 1), place - floor};
}

}  // namespace

void resize_bilinear(const Shape& input, const Shape& output, const float* in, float* out, int images) {
  const int64_t width = input[1], channels = input[2];
  for (int64_t n = 0; n < images; ++n) {
    const float* image = in + n * input.elements();
    for (int64_t y = 0; y < output[0]; ++y) {
      const Between rows = between(y, input[0], output[0]);
      for (int64_t x = 0; x < output[1]; ++x) {
        const Between columns = between(x, width, output[1]);
        const float* top_left = image + (rows.low * width + columns.low) * channels;
        const float* top_right = image + (rows.low * width + columns.high) * channels;
        const float* bottom_left = image + (rows.high * width + columns.low) * channels;
        const float* bottom_right = image + (rows.high * width + columns.high) * channels;
        float* pixel = out + ((n * output[0] + y) * output[1] + x) * channels;
        for (int64_t c = 0; c < channels; ++c) {
          const float top = top_left[c] + (top_right[c] - top_left[c]) * columns.fraction;
          const float bottom = bottom_left[c] + (bottom_right[c] - bottom_left[c]) * columns.fraction;
          pixel[c] = top + (bottom - top) * rows.fraction;
        }
      }
    }
  }
}

void repeat(const ops::Repeat& op, const Shape& input, const Shape& output, const float* in, float* out,
            int images) {
  const int rank = input.rank();
  const int64_t elements = output.elements();
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t e = 0; e < elements; ++e) {
      int64_t left = e, from = 0, stride = 1;
      for (int axis = rank - 1; axis >= 0; --axis) {
        from += left % output[axis] / op.times[static_cast<size_t>(axis)] * stride;
        left /= output[axis];
        stride *= input[axis];
      }
      out[n * elements + e] = in[n * input.elements() + from];
    }
  }
}

}  // namespace tf_injector::ref
