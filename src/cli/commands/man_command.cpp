#include "cli/commands/man_command.hpp"

#include <ostream>

#include "cli/command_table.hpp"
#include "cli/text/manual_page.hpp"

namespace tf_injector::detail::cli {

HelpText ManCommand::help() const {
  return {"Prints the manual page.", "man", R"(Examples:
  tf_injector man | man -l -
  tf_injector man > ~/.local/share/man/man1/tf_injector.1)"};
}

void ManCommand::run(const CommandContext& context) const { context.out << manual_page(command_texts()); }

}  // namespace tf_injector::detail::cli
