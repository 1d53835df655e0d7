// The largest scores of a row, ordered as NumPy 1.26 orders them: argmax and argpartition, ties and NaN
// included.
#pragma once

#include <span>
#include <vector>

namespace tf_injector {

// Index of the largest score: the first of equals; NaN is larger than all (the first NaN wins). numpy.argmax.
[[nodiscard]] int argmax(std::span<const float> scores);

// scores.argpartition(-k)[-k:] of one row, k clipped to its length: the k chosen indices, in NumPy's order.
void top_k(std::span<const float> scores, int k, std::vector<int>& chosen);
// Is `label` among them? Called per row and fault: does not allocate for rows of up to 4096 classes.
[[nodiscard]] bool in_top_k(std::span<const float> scores, int k, int label);

}  // namespace tf_injector
