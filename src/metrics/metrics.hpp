// What the report counts, from score rows; equal to NumPy 1.26's argpartition and argmax in every case, ties
// and NaN included. The row of a model with one output unit is one score that divides two classes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace tf_injector {

// Index of the largest score: the first of equals; NaN is larger than all (the first NaN wins). numpy.argmax.
[[nodiscard]] int argmax(std::span<const float> scores);

// scores.argpartition(-k)[-k:] of one row, k clipped to its length: the k chosen indices, in NumPy's order.
void top_k(std::span<const float> scores, int k, std::vector<int>& chosen);
// Is `label` among them? Called per row and fault: does not allocate for rows of up to 4096 classes.
[[nodiscard]] bool in_top_k(std::span<const float> scores, int k, int label);

// How a row of scores becomes a class.
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

// (faulty == golden).all(): NaN is never equal, +0 equals -0.
[[nodiscard]] bool rows_equal(std::span<const float> a, std::span<const float> b);

// Counts over images of one fault; parts of a campaign add up.
struct Tally {
  int64_t images = 0;
  int64_t top_1_correct = 0;
  int64_t top_5_correct = 0;
  int64_t top_1_robust = 0;  // golden's top-1 among the faulty top 1
  int64_t top_5_robust = 0;
  int64_t masked = 0;

  [[nodiscard]] int64_t non_critical() const noexcept { return top_1_robust - masked; }
  [[nodiscard]] int64_t critical() const noexcept { return images - top_1_robust; }
  Tally& operator+=(const Tally& other) noexcept;
  Tally& operator-=(const Tally& other) noexcept;
  friend bool operator==(const Tally&, const Tally&) = default;
};

// One image's contribution. `golden` may be empty: then only correctness is counted (the golden run).
[[nodiscard]] Tally tally_row(std::span<const float> scores, std::span<const float> golden, int golden_label,
                              int label, const Decision& decision = {});

}  // namespace tf_injector
