// How a sub-command writes on standard error while it works, and the flags that say so.
#pragma once

namespace tf_injector::detail::cli {

class CommandParser;

enum class ProgressMode { automatic, bar, lines, json, none };

struct ConsoleOptions {
  ProgressMode progress = ProgressMode::automatic;
  bool quiet = false;  // only warnings and errors
};

// Adds --progress and --quiet to the parser; `options` must outlive it.
void add_console_flags(CommandParser& parser, ConsoleOptions& options);

}  // namespace tf_injector::detail::cli
