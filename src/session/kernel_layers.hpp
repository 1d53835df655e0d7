// The layers whose kernels faults can hit, as metadata list them.
#pragma once

#include <vector>

#include "report/run_metadata.hpp"
#include "tf_injector/model.hpp"

namespace tf_injector::detail {

// In the order of the model.
[[nodiscard]] std::vector<KernelLayer> kernel_layers(const Model& model);

}  // namespace tf_injector::detail
