#include "metrics/confidence.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/elementary.hpp"

namespace tf_injector::detail {
namespace {

double sigmoid(double x) { return 1.0 / (1.0 + exp_of(-x)); }

// exp(score - largest) / sum, the sum from the first class to the last.
double softmax(std::span<const float> scores, int label) {
  double largest = -std::numeric_limits<double>::infinity();
  for (const float score : scores) largest = std::max(largest, widened(score));  // passes over NaN
  double sum = 0, own = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    const double e = exp_of(widened(scores[i]) - largest);  // Inf - Inf is NaN, and so is the sum
    sum += e;
    if (i == static_cast<size_t>(label)) own = e;
  }
  return own / sum;
}

}  // namespace

double widened(float score) noexcept {
  return std::fabs(score) < std::numeric_limits<float>::min() ? 0.0 : static_cast<double>(score);
}

double Confidence::of(std::span<const float> scores, int label) const {
  if (one_unit_) {
    const double score = widened(scores.front());
    if (are_probabilities_) return label == 1 ? score : 1.0 - score;
    return sigmoid(label == 1 ? score : -score);
  }
  return are_probabilities_ ? widened(scores[static_cast<size_t>(label)]) : softmax(scores, label);
}

}  // namespace tf_injector::detail
