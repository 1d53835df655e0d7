// Computes what one image adds to the counts of a fault.
#pragma once

#include <span>

#include "metrics/decision.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector::detail {

// (faulty == golden).all(): NaN is never equal, +0 equals -0.
[[nodiscard]] bool rows_equal(std::span<const float> a, std::span<const float> b);

// The counts of one image, each 0 or 1, from its scores under the fault and in the golden run.
// `golden_label`: the class that the golden run gives it; `label`: its true class. If `golden` is empty (the
// golden run itself), only correctness is counted.
[[nodiscard]] Tally tally_row(std::span<const float> scores, std::span<const float> golden, int golden_label,
                              int label, const Decision& decision = {});

}  // namespace tf_injector::detail
