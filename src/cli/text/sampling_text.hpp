// The plan of a sample, for people.
#pragma once

#include <string>

#include "tf_injector/fault_sampling.hpp"

namespace tf_injector::detail::cli {

// A table of the strata, those of each layer in one row, and the sum.
[[nodiscard]] std::string sampling_text(const SamplingPlan& plan);

}  // namespace tf_injector::detail::cli
