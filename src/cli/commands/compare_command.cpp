#include "cli/commands/compare_command.hpp"

#include <ostream>

#include "cli/json_output.hpp"
#include "cli/text/compare_text.hpp"
#include "tf_injector/compare.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {

HelpText CompareCommand::help() const {
  return {
      "Compares two results of the same faults, row by row and column by column: reports of this program\n"
      "or the Python tool, published result lists.",
      "compare A B [FLAGS]", R"(Examples:
  tf_injector compare before.csv after.csv
  tf_injector compare report.csv published.csv --top 20 --json difference.json

Faults are matched by their numbers; layer, index and bit must agree too. Files that name weights
as PyTorch does are recognised. Columns are found by the header: inj_id or Injection, target_layer
or Layer, layer_weigths or TensorIndex, bit_pos or Bit, n_injections, and any counts of a report.
Exit codes: 0 the same, 2 wrong command line, 3 bad input, 4 file not written, 10 they differ.)"};
}

void CompareCommand::add_flags(CommandParser& parser) {
  parser.positional("A", "A report or a result list", a);
  parser.positional("B", "What it is compared with", b);
  parser.integer("--top", "Print the N faults that differ most (default: 10)", top, 0, 1'000'000'000);
  add_json_flag(parser, json);
}

void CompareCommand::check() {
  if (a.empty() || b.empty()) throw Error(ErrorKind::usage, "compare needs two files: A and B");
  check_json_path(json, {a, b});
}

void CompareCommand::run(const CommandContext& context) const {
  const Comparison found = compare(FaultResults::read(a), FaultResults::read(b), {static_cast<size_t>(top)});
  print_result(context.out, json, comparison_text(found), found.json());
  if (!found.is_same) context.exit_code = kDiffers;
}

}  // namespace tf_injector::detail::cli
