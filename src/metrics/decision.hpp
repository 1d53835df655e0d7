// How a row of scores becomes a class: by the order of its scores, or by a threshold where a model has one
// output unit.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace tf_injector {

class Decision {
 public:
  // By the order of the scores, one for each class.
  Decision() = default;
  // Of one output unit: class 1 above the threshold, else, for NaN too, class 0, as Keras' BinaryAccuracy; a
  // denormal score is zero.
  explicit Decision(float threshold) : threshold_(threshold) {}

  [[nodiscard]] std::optional<float> threshold() const noexcept { return threshold_; }
  // Of rows of so many scores.
  [[nodiscard]] int64_t classes(int64_t scores) const noexcept { return threshold_ ? 2 : scores; }
  [[nodiscard]] int top(std::span<const float> scores) const;
  // Is `label` among the first k classes? k is clipped to their number.
  [[nodiscard]] bool in_top(std::span<const float> scores, int k, int label) const;

 private:
  std::optional<float> threshold_;
};

}  // namespace tf_injector
