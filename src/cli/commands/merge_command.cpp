#include "cli/commands/merge_command.hpp"

#include <fmt/format.h>

#include <ostream>

#include "cli/console/console.hpp"
#include "cli/console/signals.hpp"
#include "cli/text/result_text.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/estimate.hpp"

namespace tf_injector::detail::cli {
namespace {

constexpr const char* kInterrupted = "interrupted: no report was written; the same command begins again";

}  // namespace

HelpText MergeCommand::help() const {
  return {
      "Joins the reports of all shards of a list (run --shard) to the report that one run would have\n"
      "written, byte for byte, with scores and details. Or the states of all shards of an estimate\n"
      "(estimate --shard), from which the whole estimate answers.",
      "merge -o REPORT SHARD... [FLAGS]", R"(Examples:
  tf_injector merge -o out/net.csv out/shard_0.csv out/shard_1.csv
  tf_injector merge -o out/net.csv out/shard_*.csv
  tf_injector merge -o out/net.state out/shard_*.state

The order does not matter. A shard that is missing, given twice, of another run, unfinished, cut or
changed is named, and nothing is written. The shards stay as they are.
Exit codes: 0 done, 2 wrong command line, 4 output not written, 5 report in use, 6 the shards do not
make a whole, or the report exists, 75 interrupted.)"};
}

void MergeCommand::add_flags(CommandParser& parser) {
  parser.positionals("SHARD", "Reports of shards, or states of shards", shards);
  parser.text("-o,--output", "REPORT", "The report, or the state; metadata and scores go beside a report",
              options.path);
  parser.text("--details", "FILE",
              "Where the details go, if the shards have them (default: r.details.csv for r.csv)",
              options.details_path);
  parser.flag("--overwrite", "Replace what is there", options.overwrite);
  add_console_flags(parser, console);
}

void MergeCommand::check() {
  if (options.path.empty())
    throw Error(ErrorKind::usage, "merge needs -o (--output): the report that is written");
  if (shards.empty()) throw Error(ErrorKind::usage, "merge needs the reports of the shards");
}

void MergeCommand::run(const CommandContext& context) const {
  Console& out = context.console;
  if (is_estimate_state(shards.front())) {
    if (!options.details_path.empty())
      throw Error(ErrorKind::usage, "--details: the states of an estimate have none");
    merge_estimate_states(shards, options.path, options.overwrite);
    context.out << path_line("state", options.path);
    return;
  }
  MergeOptions with = options;
  with.command_line = context.command_line;
  with.stop = &stop_on_signals(out.last_words(kInterrupted));
  const auto merged = [&] {
    try {
      return merge_reports(shards, with, [&](const std::string& line) { out.message(line); });
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::interrupted) throw;
      throw Error(ErrorKind::interrupted, kInterrupted);
    }
  }();
  context.out << path_line("report", merged.path) << path_line("metadata", merged.metadata_path)
              << path_line("details", merged.details_path) << path_line("scores", merged.score_folder);
}

}  // namespace tf_injector::detail::cli
