// What `explain` prints.
#pragma once

#include <string>

#include "tf_injector/explain.hpp"

namespace tf_injector::detail::cli {

// The weight and its bits, what the layer feeds, how far the fault can reach; with data, a table with a row
// per op from the layer on, where the fault ended, and the row of a report.
[[nodiscard]] std::string explanation_text(const FaultExplanation& explanation);

}  // namespace tf_injector::detail::cli
