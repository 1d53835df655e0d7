// What one image adds to the counts of a fault.
#pragma once

#include <span>

#include "metrics/decision.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector {

// (faulty == golden).all(): NaN is never equal, +0 equals -0.
[[nodiscard]] bool rows_equal(std::span<const float> a, std::span<const float> b);

// One image's contribution. `golden` may be empty: then only correctness is counted (the golden run).
[[nodiscard]] Tally tally_row(std::span<const float> scores, std::span<const float> golden, int golden_label,
                              int label, const Decision& decision = {});

}  // namespace tf_injector
