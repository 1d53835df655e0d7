#include "cli/commands/generate_command.hpp"

#include <fmt/format.h>

#include <iostream>
#include <ostream>

#include "cli/campaign_flags.hpp"
#include "cli/console/console.hpp"
#include "cli/flag_values.hpp"
#include "cli/text/sampling_text.hpp"
#include "core/same_file.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/model.hpp"

namespace tf_injector::detail::cli {
namespace {

// Whether its reader is still there is known only at the end; a full disk ends it at once.
void print_list(const SamplingPlan& plan, std::ostream& out) {
  plan.write([&](std::string_view piece) {
    out << piece;
    if (!out) throw OutputError("standard output could not be written; not all faults were printed");
  });
}

}  // namespace

HelpText GenerateCommand::help() const {
  return {
      "Draws a fault list from the bits of a model's kernels. No fault twice; the same for the same seed.",
      "generate --model MODEL -o LIST [FLAGS]",
      R"(Schemes: network-wise draws from all bits of the network, each as likely as the next; layer-wise
from the bits of each layer, data-unaware from each bit of each layer, as many as each needs for
the margin; data-aware the same, fewer from bits whose change is small; exhaustive takes every
fault.

Examples:
  tf_injector generate --model net.keras -o faults.csv
  tf_injector generate --model net.keras -o faults.csv --scheme layer-wise --error 0.02
  tf_injector generate --model net.keras -o top.csv --n 1000 --bits 30,31 --layers conv2d,dense
  tf_injector generate --model net.keras -o - --scheme exhaustive --layers dense | head

The plan (strata, populations, margins) goes to standard error and into LIST.plan.json.
Exit codes: 0 done, 2 wrong command line, 3 bad input, 4 list not written, 75 interrupted.)"};
}

void GenerateCommand::add_flags(CommandParser& parser) {
  parser.text("--model", "FILE", "The model", model);
  add_storage_flag(parser, storage);
  parser.text("-o,--output", "LIST", "The list that is written; - is standard output", list);
  parser.value("--scheme", "{network-wise,layer-wise,data-unaware,data-aware,exhaustive}",
               "How bits are chosen (default: network-wise)",
               [this](const std::string& flag, const std::string& word) {
                 has_scheme = true;
                 options.scheme = *sampling_scheme_named(parse_choice(
                     flag, word, {"network-wise", "layer-wise", "data-unaware", "data-aware", "exhaustive"}));
               });
  const auto number = [&](const char* name, const char* description, double& target) {
    parser.value(name, "X", description, [&target](const std::string& flag, const std::string& text) {
      target = parse_number(flag, text);
    });
  };
  number("--error", "Margin wanted of the estimated share, in each stratum (default: 0.01)", options.error);
  number("--confidence", "At this confidence (default: 0.99)", options.confidence);
  number("--p", "Expected share; 0.5 asks for most faults (default: 0.5)", options.p);
  parser.integer("--n", "Faults in all, instead of these three; shared out by the strata's sizes",
                 options.faults, 1);
  parser.value("--seed", "S", "Another sample (default: 42)",
               [this](const std::string& flag, const std::string& text) {
                 options.seed =
                     static_cast<uint64_t>(parse_integer(flag, text, 0, std::numeric_limits<int64_t>::max()));
               });
  parser.value(
      "--layers", "A,B,...", "Only these layers (default: all)",
      [this](const std::string& flag, const std::string& text) { options.layers = parse_names(flag, text); });
  parser.value(
      "--bits", "BITS", "Only these bits: 0-31, 30,31 (default: all of the storage format)",
      [this](const std::string& flag, const std::string& text) { options.bits = parse_bits(flag, text); });
  parser.flag("--published", "The procedure of the published lists; nothing else can be chosen beside it",
              published);
  parser.flag("--overwrite", "Replace a list that is there", overwrite);
  parser.flag("--dry-run", "Print the plan only", dry_run);
}

void GenerateCommand::check() {
  if (model.empty()) throw Error(ErrorKind::usage, "--model is required");
  if (list.empty() && !dry_run) throw Error(ErrorKind::usage, "-o (--output) is required");
  if (!list.empty() && is_same_file(list, model))
    throw Error(ErrorKind::usage, fmt::format("-o {} would be written over the model", list));
  if (published && has_scheme)
    throw Error(ErrorKind::usage, "--published stands instead of --scheme: give one of them");
  if (published) options.scheme = SamplingScheme::published;
}

void GenerateCommand::run(const CommandContext& context) const {
  const SamplingPlan plan(Model::load(model).stored(storage), options);
  context.console.message(sampling_text(plan));
  if (dry_run) return;
  if (list == kStandardOutput) return print_list(plan, context.data);
  plan.write_files(list, overwrite);
  context.console.message(fmt::format("{}: {} faults; plan in {}.plan.json", list, plan.faults(), list));
}

}  // namespace tf_injector::detail::cli
