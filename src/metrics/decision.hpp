// Decides the class of a row of scores: by the largest score, or by a threshold if the model has one output
// unit.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace tf_injector::detail {

class Decision {
 public:
  // Rows have one score per class; the classes are ordered by their scores.
  Decision() = default;
  // Rows have one score: class 1 if it is above the threshold, else class 0 (also for NaN), as in Keras'
  // BinaryAccuracy. A denormal score counts as zero.
  explicit Decision(float threshold) : threshold_(threshold) {}

  [[nodiscard]] std::optional<float> threshold() const noexcept { return threshold_; }
  // The number of classes, for rows of `scores` scores.
  [[nodiscard]] int64_t classes(int64_t scores) const noexcept { return threshold_ ? 2 : scores; }
  [[nodiscard]] int top(std::span<const float> scores) const;
  // The class that is in the top 1: of equal scores another one than `top` may be, see top_1.
  [[nodiscard]] int selected(std::span<const float> scores) const;
  // True if `label` is among the first k classes; k is clipped to the number of classes.
  [[nodiscard]] bool in_top(std::span<const float> scores, int k, int label) const;

 private:
  std::optional<float> threshold_;
};

}  // namespace tf_injector::detail
