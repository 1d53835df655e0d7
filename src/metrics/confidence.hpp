// The confidence of a class: the probability that a row of scores gives it.
#pragma once

#include <span>

#include "metrics/decision.hpp"

namespace tf_injector::detail {

class Confidence {
 public:
  Confidence() = default;
  // `are_probabilities`: scores are confidences themselves; otherwise the softmax of a row is, or of one
  // output unit the sigmoid.
  Confidence(const Decision& decision, bool are_probabilities)
      : one_unit_(decision.threshold().has_value()), are_probabilities_(are_probabilities) {}

  // In double precision, in a fixed order and with an exp of our own (core/elementary): the same bits
  // everywhere. Denormal scores count as zero. NaN where the row gives the class none: a softmax with NaN or
  // +Inf among its scores.
  [[nodiscard]] double of(std::span<const float> scores, int label) const;

 private:
  bool one_unit_ = false;  // label 1 has the score's confidence, label 0 the rest
  bool are_probabilities_ = false;
};

// A score as double; denormal ones are 0, whatever the processor is set to.
[[nodiscard]] double widened(float score) noexcept;

}  // namespace tf_injector::detail
