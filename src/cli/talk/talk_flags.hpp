// The flags that say how a sub-command talks while it works.
#pragma once

#include "cli/arguments.hpp"
#include "cli/command_parser.hpp"

namespace tf_injector::cli {

// Adds --progress and --quiet to the parser; both targets must outlive it.
void add_talk_flags(CommandParser& parser, ProgressMode& progress, bool& quiet);

}  // namespace tf_injector::cli
