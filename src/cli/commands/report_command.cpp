#include "cli/commands/report_command.hpp"

#include <fmt/format.h>

#include <ostream>

#include "cli/console/console.hpp"
#include "cli/flag_values.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/model.hpp"

namespace tf_injector::detail::cli {
namespace {

double parse_rate(const std::string& flag, const std::string& text) {
  const double rate = parse_number(flag, text);
  if (!(rate > 0 && rate <= kMostFitPerMbit))
    throw Error(ErrorKind::usage, fmt::format("{}: expected a number above 0, at most {:g}, found '{}'", flag,
                                              kMostFitPerMbit, text));
  return rate;
}

}  // namespace

HelpText ReportCommand::help() const {
  return {
      "Prints what a finished report says of its network: rates of critical faults with intervals, by\n"
      "layer and bit.",
      "report REPORT.csv [FLAGS]", R"(Examples:
  tf_injector report reports/CIFAR10/ResNet20/CIFAR10_ResNet20_240501_1200.csv
  tf_injector report r.csv -o r.html
  tf_injector report r.csv --confidence 0.95 --margin 0.001
  tf_injector report r.csv --json - | jq .network.critical

How the faults were drawn, and how large the layers are, is found in the report's metadata
(r.run.json); --model and --list say it where these are missing.
Exit codes: 0 done, 2 wrong command line, 3 bad input, 4 output not written.)"};
}

void ReportCommand::add_flags(CommandParser& parser) {
  inputs.add_report(parser);
  parser.text("-o,--output", "FILE.html", "Also write a page: one file that loads nothing", files.html);
  parser.value("--json", "FILE", "Also write JSON; - prints it instead of the text",
               [this](const std::string&, const std::string& path) {
                 json_to_output = path == kStandardOutput;
                 files.json = json_to_output ? "" : path;
               });
  parser.text("--svg", "FOLDER", "Also write the page's pictures: heatmap.svg, bits.svg, ...",
              files.svg_folder);
  parser.flag("--overwrite", "Replace files that are there", files.overwrite);
  parser.value("--confidence", "C", "Of each interval, above 0.5 and below 1 (default: 0.99)",
               [this](const std::string& flag, const std::string& text) {
                 options.confidence = parse_share(flag, text);
               });
  parser.value("--margin", "E", "Say how many faults an interval of this half width would take",
               [this](const std::string& flag, const std::string& text) {
                 options.wanted_margin = parse_share(flag, text);
               });
  parser.value("--fit-per-mbit", "R", "Raw failures in 10^9 hours per Mbit: gives the network's",
               [this](const std::string& flag, const std::string& text) {
                 options.fit_per_mbit = parse_rate(flag, text);
               });
  inputs.add_sources(parser);
  parser.text("--details", "FILE", "What `run --details` wrote (default: the file that the metadata name)",
              details);
}

void ReportCommand::check() { inputs.check("report"); }

void ReportCommand::check_files() const {
  std::vector<std::string> read = inputs.paths();
  if (!details.empty()) read.push_back(details);
  check_statistics_files(files, read);
  require_no_stream({files.html, files.json});
}

ReportStatistics ReportCommand::statistics(Console& console) const {
  ReportStatisticsOptions all = options;
  all.details = details;
  all.storage = inputs.storage;
  if (inputs.model.empty()) return report_statistics(inputs.report, all);
  const Model model = inputs.load_model();
  return report_statistics(inputs.report, model, inputs.plan(model, console), all);
}

void ReportCommand::run(const CommandContext& context) const {
  check_files();
  inputs.require_storage();
  const ReportStatistics result = statistics(context.console);
  for (const std::string& path : write_statistics(result, files)) context.console.message("wrote " + path);
  if (json_to_output) {
    context.out << statistics_json(result);
  } else {  // the names in it are safe, the colours must not be escaped
    context.data << statistics_text(result, output_text_options());
  }
}

}  // namespace tf_injector::detail::cli
