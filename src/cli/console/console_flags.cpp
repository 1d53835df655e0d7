#include "cli/console/console_flags.hpp"

#include "cli/flag_values.hpp"

namespace tf_injector::cli {
namespace {

ProgressMode progress_mode(const std::string& name) {
  if (name == "bar") return ProgressMode::bar;
  if (name == "lines") return ProgressMode::lines;
  if (name == "json") return ProgressMode::json;
  return name == "none" ? ProgressMode::none : ProgressMode::automatic;
}

}  // namespace

void add_console_flags(CommandParser& parser, ProgressMode& progress, bool& quiet) {
  parser.group("Talk");
  parser.value(
      "--progress", "{auto,bar,lines,json,none}",
      "auto: a bar on a terminal, else a plain line now and then (default: auto)",
      [&progress](const std::string& flag, const std::string& value) {
        progress = progress_mode(parse_choice(flag, value, {"auto", "bar", "lines", "json", "none"}));
      });
  parser.flag("-q,--quiet", "No progress and no talk, only results, warnings and errors", quiet);
}

}  // namespace tf_injector::cli
