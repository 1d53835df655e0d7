// The flags that say what a sub-command writes on standard error while it works.
#pragma once

#include "cli/arguments.hpp"
#include "cli/command_parser.hpp"

namespace tf_injector::cli {

// Adds --progress and --quiet to the parser; both targets must outlive it.
void add_console_flags(CommandParser& parser, ProgressMode& progress, bool& quiet);

}  // namespace tf_injector::cli
