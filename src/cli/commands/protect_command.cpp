#include "cli/commands/protect_command.hpp"

#include <fmt/format.h>

#include <ostream>

#include "cli/console/console.hpp"
#include "cli/flag_values.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/model.hpp"

namespace tf_injector::detail::cli {

HelpText ProtectCommand::help() const {
  return {
      "Prints what protections of the weights would leave of a campaign's critical faults, and what memory\n"
      "they take: TMR of bits and of layers, parity, SEC-DED. From one report without protection.",
      "protect REPORT.csv [FLAGS]", R"(Examples:
  tf_injector protect reports/CIFAR10/ResNet20/CIFAR10_ResNet20_240501_1200.csv
  tf_injector protect r.csv --html r.protect.html --csv r.protect.csv
  tf_injector protect r.csv --tmr-bits 30,31 --layers conv2d,dense
  tf_injector protect r.csv --protect tmr-bits=30+tmr=conv2d --protect tmr-bits=25-31

Each --protect is one more row; + joins protections that are there together. Names: tmr=LAYER,...,
tmr-bits=30,31, secded32, secded64, parity-reload, parity-zero, clamp, ranger. What the last three
leave is not known from a report, as they give weights or outputs other values.
Exit codes: 0 done, 2 wrong command line, 3 bad input, 4 output not written.)"};
}

void ProtectCommand::add_flags(CommandParser& parser) {
  inputs.add_report(parser);
  parser.texts("--protect", "NAME", "One more row, as run --protect has it; + joins several",
               options.protections);
  parser.value(
      "--tmr-bits", "BITS", "One more row: three copies of these bits (30,31 or 23-31)",
      [this](const std::string& flag, const std::string& text) { chosen_.bits = parse_bits(flag, text); });
  parser.value(
      "--layers", "A,B", "In these layers only; without --tmr-bits all of their bits",
      [this](const std::string& flag, const std::string& text) { chosen_.layers = parse_names(flag, text); });
  parser.choice("--metric",
                "What counts as harm: critical (another decision), sdc5 (decision not among the first five) "
                "(default: critical)",
                {{"critical", ProtectMetric::critical}, {"sdc5", ProtectMetric::sdc5}}, options.metric);
  parser.value("--confidence", "C", "Of each interval, above 0.5 and below 1 (default: 0.99)",
               [this](const std::string& flag, const std::string& text) {
                 options.confidence = parse_share(flag, text);
               });
  parser.text("--html", "FILE.html", "Also write a page: one file that loads nothing", files.html);
  parser.text("--csv", "FILE", "Also write the table as CSV", files.csv);
  parser.value("--json", "FILE", "Also write JSON; - prints it instead of the text",
               [this](const std::string&, const std::string& path) {
                 json_to_output = path == kStandardOutput;
                 files.json = json_to_output ? "" : path;
               });
  parser.text("--svg", "FILE", "Also write the page's picture", files.svg);
  parser.flag("--overwrite", "Replace files that are there", files.overwrite);
  inputs.add_sources(parser);
}

void ProtectCommand::check() {
  inputs.check("protect");
  if (!chosen_.bits.empty() || !chosen_.layers.empty()) options.chosen = {chosen_};
}

ProtectionStudy ProtectCommand::study(Console& console) const {
  ProtectOptions all = options;
  all.storage = inputs.storage;
  if (inputs.model.empty()) return protection_study(inputs.report, all);
  const Model model = inputs.load_model();
  return protection_study(inputs.report, model, inputs.plan(model, console), all);
}

void ProtectCommand::run(const CommandContext& context) const {
  check_protection_files(files, inputs.paths());
  inputs.require_storage();
  require_no_stream({files.html, files.csv, files.json, files.svg});
  const ProtectionStudy result = study(context.console);
  for (const std::string& path : write_protection(result, files)) context.console.message("wrote " + path);
  if (json_to_output) {
    context.out << protection_json(result);
  } else {  // the names in it are safe, the colours must not be escaped
    context.data << protection_text(result, output_text_options());
  }
}

}  // namespace tf_injector::detail::cli
