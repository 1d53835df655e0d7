// Scripts that make shells complete the program's command lines.
#pragma once

#include <string>
#include <vector>

#include "cli/command_table.hpp"

namespace tf_injector::detail::cli {

// For bash: sub-commands, flags, the words that a flag takes, else files. Needs no other package.
[[nodiscard]] std::string bash_completion(const std::vector<CommandText>& commands);
// For zsh, a function of compinit: the same with descriptions.
[[nodiscard]] std::string zsh_completion(const std::vector<CommandText>& commands);

}  // namespace tf_injector::detail::cli
