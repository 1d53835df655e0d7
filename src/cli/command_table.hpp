// The table of sub-commands, and the command line read by the one that it names.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/command.hpp"

namespace tf_injector::detail::cli {

// The command line, understood.
struct ParsedLine {
  std::unique_ptr<Command> command;  // null where a text is all there is to do
  std::string text;                  // of --help and --version, for standard output
};

// `words`: the command line without the program's name. Throws Error(usage): one line.
[[nodiscard]] ParsedLine parse_command_line(const std::vector<std::string>& words);

// The sub-command that the words name; "run" where they name none.
[[nodiscard]] std::string command_of(const std::vector<std::string>& words);

}  // namespace tf_injector::detail::cli
