// Selects the largest scores of a row exactly as NumPy 1.26 does (argmax, argpartition), ties and NaN
// included.
#pragma once

#include <span>
#include <vector>

namespace tf_injector::detail {

// numpy.argmax of a row that is not empty: the index of the largest score, the first of equal ones. NaN is
// larger than every number.
[[nodiscard]] int argmax(std::span<const float> scores);

// scores.argpartition(-k)[-k:]: k indices, in NumPy's order. k is clipped to the length of the row.
void top_k(std::span<const float> scores, int k, std::vector<int>& chosen);
// The one index that top_k chooses for k = 1. Of equal scores argmax may be another.
[[nodiscard]] int top_1(std::span<const float> scores);
// True if `label` is among them; false for a label that is no class. It is called for every row of every
// fault, and does not allocate for rows of up to 4096 classes.
[[nodiscard]] bool in_top_k(std::span<const float> scores, int k, int label);

}  // namespace tf_injector::detail
