// Environment variables and the home folder. Only core/ and cli/ read the environment; other folders use
// this.
#pragma once

#include <optional>
#include <string>

namespace tf_injector::detail {

// The variable's value; nothing if it is not set or empty.
[[nodiscard]] std::optional<std::string> environment_variable(const std::string& name);

// $HOME, else the user's home folder in the password database; nothing if there is neither.
[[nodiscard]] std::optional<std::string> home_folder();

}  // namespace tf_injector::detail
