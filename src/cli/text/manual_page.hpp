// The manual page, in the language of man.
#pragma once

#include <string>
#include <vector>

#include "cli/command_table.hpp"

namespace tf_injector::detail::cli {

[[nodiscard]] std::string manual_page(const std::vector<CommandText>& commands);

}  // namespace tf_injector::detail::cli
