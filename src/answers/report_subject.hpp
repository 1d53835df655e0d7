// What a report is about, as its readers call it.
#pragma once

#include <string>
#include <vector>

namespace tf_injector::detail {

// "models/CIFAR10/ResNet20.keras" -> "ResNet20"; "" of "".
[[nodiscard]] std::string network_name(const std::string& model_path);
// What a command line gives as -d or --dataset; "": nothing.
[[nodiscard]] std::string dataset_name(const std::vector<std::string>& command_line);

}  // namespace tf_injector::detail
