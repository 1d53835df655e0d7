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
  std::string text;                  // of --help, --version, --print-config, for standard output
  Configuration configuration = {};  // the flags that were given
};

// `words`: the command line without the program's name. Throws Error(usage): one line.
[[nodiscard]] ParsedLine parse_command_line(const std::vector<std::string>& words);

// A sub-command as completions and the manual page show it.
struct CommandText {
  std::string name;
  std::string summary;  // one line
  std::string usage;    // behind "tf_injector "
  std::string description, examples;
  std::vector<FlagText> flags;
};
// All of them, in the order of the overview; the first is meant where none is named.
[[nodiscard]] std::vector<CommandText> command_texts();

// The sub-command that the words name; "run" where they name none.
[[nodiscard]] std::string command_of(const std::vector<std::string>& words);

}  // namespace tf_injector::detail::cli
