// What `compare` prints.
#pragma once

#include <string>

#include "tf_injector/compare.hpp"

namespace tf_injector::detail::cli {

// What the files are, which faults are in both, a table with a row per column, the golden runs, the faults
// that differ most, the verdict.
[[nodiscard]] std::string comparison_text(const Comparison& comparison);

}  // namespace tf_injector::detail::cli
