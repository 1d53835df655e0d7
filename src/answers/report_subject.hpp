// What a report is about, as its readers call it.
#pragma once

#include <string>

#include "report/run_metadata.hpp"

namespace tf_injector::detail {

// "models/CIFAR10/ResNet20.keras" -> "ResNet20"; "" of "".
[[nodiscard]] std::string network_name(const std::string& model_path);
// What the run was given as -d or --dataset, on its command line or in a file; "": nothing.
[[nodiscard]] std::string dataset_name(const RunMetadata& metadata);

}  // namespace tf_injector::detail
