// Environment variables and the home folder. Only core/ and cli/ read the environment; other layers ask here.
#pragma once

#include <optional>
#include <string>

namespace tf_injector {

// The variable's value; nothing when it is not set. An empty value counts as not set.
[[nodiscard]] std::optional<std::string> environment_variable(const std::string& name);

// HOME, else the home folder of the user data base; nothing when there is neither.
[[nodiscard]] std::optional<std::string> home_folder();

}  // namespace tf_injector
