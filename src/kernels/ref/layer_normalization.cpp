#include <cmath>

#include "kernels/ref/eigen_math.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail::ref {
namespace {

// oneDNN's batch normalisation of a plain layout: sequential sums.
void fused_row(const LayerNormalizationGeometry& g, const float* x, const float* gamma, const float* beta,
               float* y) {
  const auto count = static_cast<float>(g.channels);
  float sum = 0.0f, squares = 0.0f;
  for (int64_t c = 0; c < g.channels; ++c) sum = sum + x[c];
  const float mean = sum / count;
  for (int64_t c = 0; c < g.channels; ++c) squares = squares + (x[c] - mean) * (x[c] - mean);
  const float istd = 1.0f / std::sqrt(squares / count + g.epsilon);
  for (int64_t c = 0; c < g.channels; ++c) y[c] = (x[c] - mean) * istd * gamma[c] + beta[c];
}

// tf.nn.moments and tf.nn.batch_normalization: Eigen's sums and its reciprocal root.
void moments_row(const LayerNormalizationGeometry& g, const float* x, const float* gamma, const float* beta,
                 float* y, Part part) {
  const auto count = static_cast<float>(g.channels);
  const float mean = eigen_row_sum(g.channels, [&](int64_t c) { return x[c]; }) / count;
  const float variance =
      eigen_row_sum(g.channels, [&](int64_t c) { return (x[c] - mean) * (x[c] - mean); }) / count;
  const float istd =
      part == Part::body ? eigen_rsqrt(variance + g.epsilon) : 1.0f / std::sqrt(variance + g.epsilon);
  for (int64_t c = 0; c < g.channels; ++c) {
    const float scale = istd * gamma[c];
    y[c] = x[c] * scale + (beta[c] - mean * scale);
  }
}

}  // namespace

void layer_normalization(const LayerNormalizationGeometry& g, const float* in, const float* gamma,
                         const float* beta, float* out, int64_t rows, Part part) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* x = in + r * g.channels;
    float* y = out + r * g.channels;
    if (g.fused) {
      fused_row(g, x, gamma, beta, y);
    } else {
      moments_row(g, x, gamma, beta, y, part);
    }
  }
}

}  // namespace tf_injector::detail::ref
