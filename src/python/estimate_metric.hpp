// The metric of an estimate by its name.
#pragma once

#include <string>

#include "tf_injector/estimate.hpp"

namespace tf_injector::detail::python {

// Python has checked that there is one; throws Error(usage).
[[nodiscard]] EstimateMetric metric_named(const std::string& name);

}  // namespace tf_injector::detail::python
