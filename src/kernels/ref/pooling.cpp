#include <algorithm>
#include <cmath>
#include <limits>

#include "core/bits.hpp"
#include "kernels/ref/eigen_math.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail::ref {

void average_pool2d(const ops::AveragePool2D& op, const Shape& input, const Shape& output, const float* in,
                    float* out, int images) {
  const int64_t height = input[0], width = input[1], channels = input[2];
  const int64_t top = ops::padding_of(height, op.pool_size[0], op.strides[0], 1, op.padding)[0];
  const int64_t left = ops::padding_of(width, op.pool_size[1], op.strides[1], 1, op.padding)[0];
  for (int64_t n = 0; n < images; ++n) {
    const float* image = in + n * input.elements();
    for (int64_t y = 0; y < output[0]; ++y) {
      const int64_t h0 = std::max<int64_t>(0, y * op.strides[0] - top);
      const int64_t h1 = std::min(height, y * op.strides[0] - top + op.pool_size[0]);
      for (int64_t x = 0; x < output[1]; ++x) {
        const int64_t w0 = std::max<int64_t>(0, x * op.strides[1] - left);
        const int64_t w1 = std::min(width, x * op.strides[1] - left + op.pool_size[1]);
        const auto count = static_cast<float>((h1 - h0) * (w1 - w0));
        float* pixel = out + ((n * output[0] + y) * output[1] + x) * channels;
        std::fill_n(pixel, channels, 0.0f);
        for (int64_t h = h0; h < h1; ++h) {
          for (int64_t w = w0; w < w1; ++w) {
            for (int64_t c = 0; c < channels; ++c)
              pixel[c] = pixel[c] + image[(h * width + w) * channels + c];
          }
        }
        for (int64_t c = 0; c < channels; ++c) pixel[c] = pixel[c] / count;
      }
    }
  }
}

namespace {

// The mean of n values, each `step` elements after the one before.
float mean_in_order(int64_t n, int64_t step, const float* in) {
  float sum = 0.0f;
  for (int64_t i = 0; i < n; ++i) sum = sum + in[i * step];
  return sum / static_cast<float>(n);
}

float mean_in_stripes(int64_t n, int64_t step, const float* in) {
  const int64_t packed = striped_positions(n);
  if (packed == 0) return mean_in_order(n, step, in);
  float lane[kAverageStripes] = {};
  for (int64_t i = 0; i < packed; ++i) lane[i % kAverageStripes] = lane[i % kAverageStripes] + in[i * step];
  float sum = ((lane[0] + lane[1]) + lane[2]) + lane[3];
  for (int64_t i = packed; i < n; ++i) sum = sum + in[i * step];
  return sum / static_cast<float>(n);
}

// With one channel it is a sum over the last axis.
float mean_of_plane(int64_t n, int64_t first, const float* in) {
  const float sum = eigen_cut_sum(first, n, [&](int64_t from, int64_t count) {
    return eigen_row_sum(count, [&](int64_t i) { return in[from + i]; });
  });
  return sum / static_cast<float>(n);
}

}  // namespace

void global_average_pool(int64_t positions, int64_t channels, const float* in, float* out, int images) {
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t c = 0; c < channels; ++c)
      out[n * channels + c] = mean_in_stripes(positions, channels, in + n * positions * channels + c);
  }
}

void global_average_pool_at(int64_t positions, int64_t channels, const float* in, float* out, int64_t place,
                            int64_t batch) {
  if (channels == 1) {
    out[0] = mean_of_plane(positions, place * positions, in);
    return;
  }
  constexpr int64_t kPacket = 8;
  const int64_t end = batch * channels / kPacket * kPacket;
  for (int64_t c = 0; c < channels; ++c) {
    const int64_t packet = (place * channels + c) / kPacket * kPacket;
    const bool whole = packet < end && packet % channels + kPacket <= channels;
    out[c] = (whole ? mean_in_stripes : mean_in_order)(positions, channels, in + c);
  }
}

void max_pool2d(const ops::MaxPool2D& op, std::array<int64_t, 2> before, const Shape& input,
                const Shape& output, const float* in, float* out, int images) {
  const int64_t height = input[0], width = input[1], channels = input[2];
  for (int64_t n = 0; n < images; ++n) {
    const float* image = in + n * input.elements();
    for (int64_t y = 0; y < output[0]; ++y) {
      const int64_t h0 = std::max<int64_t>(0, y * op.strides[0] - before[0]);
      const int64_t h1 = std::min(height, y * op.strides[0] - before[0] + op.pool_size[0]);
      for (int64_t x = 0; x < output[1]; ++x) {
        const int64_t w0 = std::max<int64_t>(0, x * op.strides[1] - before[1]);
        const int64_t w1 = std::min(width, x * op.strides[1] - before[1] + op.pool_size[1]);
        float* pixel = out + ((n * output[0] + y) * output[1] + x) * channels;
        std::fill_n(pixel, channels, std::numeric_limits<float>::lowest());
        for (int64_t h = h0; h < h1; ++h) {
          for (int64_t w = w0; w < w1; ++w) {
            const float* from = image + (h * width + w) * channels;
            for (int64_t c = 0; c < channels; ++c) {
              // Moved as bits: x86's maximum flushes denormals to zero, but TensorFlow keeps them.
              const uint32_t larger = from[c] > pixel[c] ? 0xFFFFFFFF : 0;
              pixel[c] = bits_float((float_bits(from[c]) & larger) | (float_bits(pixel[c]) & ~larger));
            }
          }
        }
      }
    }
  }
}

void global_max_pool(int64_t positions, int64_t channels, const float* in, float* out, int images) {
  for (int64_t n = 0; n < images; ++n) {
    const float* image = in + n * positions * channels;
    for (int64_t c = 0; c < channels; ++c) {
      float most = -std::numeric_limits<float>::infinity();
      for (int64_t i = 0; i < positions; ++i) {
        const float v = image[i * channels + c];
        if (!(most > v) && !std::isnan(most)) most = v;  // of +0 and -0 the last
      }
      out[n * channels + c] = most;
    }
  }
}

}  // namespace tf_injector::detail::ref
