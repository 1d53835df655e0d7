#include "metrics/decision.hpp"

#include <cmath>
#include <limits>

#include "metrics/top_k.hpp"

namespace tf_injector::detail {

int Decision::top(std::span<const float> scores) const {
  if (!threshold_) return argmax(scores);
  constexpr float kLeastNormal = std::numeric_limits<float>::min();  // TensorFlow flushes smaller values to 0
  const float score = std::fabs(scores.front()) < kLeastNormal ? 0.0f : scores.front();
  return static_cast<int>(score > *threshold_);
}

int Decision::selected(std::span<const float> scores) const {
  return threshold_ ? top(scores) : top_1(scores);
}

bool Decision::in_top(std::span<const float> scores, int k, int label) const {
  if (!threshold_) return in_top_k(scores, k, label);
  if (label < 0 || label > 1 || k < 1) return false;
  return k > 1 || label == top(scores);
}

}  // namespace tf_injector::detail
