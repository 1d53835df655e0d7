// What `inspect` and `validate` print about a model and a fault list.
#pragma once

#include <string>
#include <vector>

#include "tf_injector/fault_list.hpp"
#include "tf_injector/model.hpp"

namespace tf_injector::detail::cli {

// A table like Keras' summary (layer, class, output shape, kernel, parameters, faultable bits), then the
// totals, inputs and outputs. A faultable bit is a bit of a kernel that a fault list may name: 32 per
// element, or as many as the storage format has.
[[nodiscard]] std::string model_text(const Model& model);

// The steps that run, with kernels and multiply-adds per image.
[[nodiscard]] std::string steps_text(const std::vector<StepInfo>& steps);

// "l.csv: 30 faults, 12 layers, fits m.keras", then how many faults each bit group has.
[[nodiscard]] std::string validation_text(const FaultList& list, const Model& model);

}  // namespace tf_injector::detail::cli
