// Remedies for unsupported layers that are known: what to replace them with.
#pragma once

#include <string>

#include "keras/model_spec.hpp"

namespace tf_injector::detail::keras {

// "it holds Python code ...; put Rescaling(1 / 255) in its place"; "" for most layers.
[[nodiscard]] std::string remedy_for(const LayerSpec& layer);

// The same for a dtype policy by its name ("int8_from_float32").
[[nodiscard]] std::string remedy_for_policy(const std::string& policy);

}  // namespace tf_injector::detail::keras
