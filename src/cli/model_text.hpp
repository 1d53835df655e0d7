// What `inspect` and `validate` print about a model and a fault list.
#pragma once

#include <string>
#include <vector>

#include "fault/fault_list.hpp"
#include "graph/graph.hpp"
#include "plan/plan.hpp"

namespace tf_injector::cli {

// A table like Keras' summary (layer, class, output shape, kernel, parameters, faultable bits), then the
// totals, inputs and outputs. A faultable bit is a bit of a kernel that a fault list may name: 32 per
// element.
[[nodiscard]] std::string model_text(const Graph& graph, const std::string& path);

// The steps that run, with kernels and multiply-adds per image.
[[nodiscard]] std::string steps_text(const std::vector<StepInfo>& steps);

// "l.csv: 30 faults, 12 layers, fits m.keras", then how many faults each bit group has.
[[nodiscard]] std::string validation_text(const FaultList& list, const std::string& model_path);

}  // namespace tf_injector::cli
