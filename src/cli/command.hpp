// What a sub-command is to the program: its help, its flags, its run.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cli/command_parser.hpp"
#include "cli/console/console_flags.hpp"
#include "tf_injector/report.hpp"

namespace tf_injector::detail::cli {

class Console;

// What a sub-command is run with.
struct CommandContext {
  const std::vector<std::string>& command_line;  // with the program's name, for metadata
  const Configuration& configuration;            // its flags, with those of a file
  std::ostream& out;                             // results as text or JSON, safe for terminals (safe_output)
  std::ostream& data;                            // results as data: a fault list, byte for byte
  Console& console;                              // everything else
  int& exit_code;                                // of a run that throws nothing; 0 unless it says otherwise
};

// One call of a sub-command: members for the values of its flags, and what is done with them.
struct Command {
  virtual ~Command() = default;

  [[nodiscard]] virtual HelpText help() const = 0;
  // Adds the flags, which set members: the parser must not outlive the command.
  virtual void add_flags(CommandParser& parser) = 0;
  // Every flag has been read. Throws Error(usage) where they contradict each other or one is missing.
  virtual void check() = 0;
  // How progress is shown; known after check().
  [[nodiscard]] virtual ConsoleOptions console_options() const { return {.progress = ProgressMode::none}; }
  // Throws Error.
  virtual void run(const CommandContext& context) const = 0;
};

}  // namespace tf_injector::detail::cli
