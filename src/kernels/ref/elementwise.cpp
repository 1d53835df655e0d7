#include <cmath>

#include "kernels/ref/eigen_math.hpp"
#include "kernels/ref/reference.hpp"
#include "kernels/ref/vectorize.hpp"

namespace tf_injector::detail::ref {

namespace {

// tf.nn.batch_normalization: x * (rsqrt(variance + epsilon) * gamma) + (beta - mean * ...).
void scale_and_shift(int64_t channels, const ops::BatchNormalization& op, int64_t c, float& mean,
                     float& variance, float& gamma, float& beta) {
  constexpr int64_t kPacket = 8;
  const float sum = variance + op.epsilon;
  const bool left_over = c >= channels / kPacket * kPacket;
  const float scale = (left_over ? 1.0f / std::sqrt(sum) : eigen_rsqrt(sum)) * gamma;
  beta = beta - mean * scale;
  mean = 0.0f;
  variance = scale;
  gamma = 1.0f;
}

}  // namespace

// No inlining: arithmetic must not move out of the caller's FlushDenormals.
[[gnu::noinline]] void normalization_factors(int64_t channels, const ops::BatchNormalization& op, int64_t c,
                                             float& mean, float& variance, float& gamma, float& beta) {
  if (!op.fused) return scale_and_shift(channels, op, c, mean, variance, gamma, beta);
  const bool in_fours = channels % 4 == 0;  // oneDNN uses its vectorised code, else its plain loop
  const float deviation = std::sqrt(variance + op.epsilon);
  variance = (in_fours ? 1.0f : gamma) / deviation;
  if (!in_fours) gamma = 1.0f;  // fma(t, 1, beta) is t + beta, rounded once
}

TFI_VECTORIZE void batch_normalization(int64_t channels, const float* in, const float* mean,
                                       const float* istd, const float* gamma, const float* beta, float* out,
                                       int64_t rows) {
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < channels; ++c) {
      const int64_t i = r * channels + c;
      out[i] = std::fma((in[i] - mean[c]) * istd[c], gamma[c], beta[c]);
    }
  }
}

void activation(ops::ActivationKind kind, const float* in, float* out, int64_t elements) {
  for (int64_t i = 0; i < elements; ++i) {
    const float x = in[i];
    float y = x <= 0.0f ? 0.0f : x;  // NaN stays NaN and -0 becomes +0, as in tf.nn.relu
    if (kind == ops::ActivationKind::relu6) y = y > 6.0f ? 6.0f : y;
    out[i] = y;
  }
}

void add(const float* a, const float* b, float* out, int64_t elements) {
  for (int64_t i = 0; i < elements; ++i) out[i] = a[i] + b[i];
}

}  // namespace tf_injector::detail::ref
