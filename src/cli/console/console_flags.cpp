#include "cli/console/console_flags.hpp"

#include "cli/command_parser.hpp"

namespace tf_injector::detail::cli {

void add_console_flags(CommandParser& parser, ConsoleOptions& options) {
  parser.group("Talk");
  parser.choice("--progress", "auto: a bar on a terminal, else a plain line now and then (default: auto)",
                {{"auto", ProgressMode::automatic},
                 {"bar", ProgressMode::bar},
                 {"lines", ProgressMode::lines},
                 {"json", ProgressMode::json},
                 {"none", ProgressMode::none}},
                options.progress);
  parser.flag("-q,--quiet", "No progress and no talk, only results, warnings and errors", options.quiet);
}

}  // namespace tf_injector::detail::cli
