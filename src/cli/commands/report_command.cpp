#include "cli/commands/report_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "cli/console/console.hpp"
#include "cli/console/standard_streams.hpp"
#include "cli/console/terminal.hpp"
#include "cli/flag_values.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/fault_list.hpp"
#include "tf_injector/model.hpp"

namespace tf_injector::detail::cli {
namespace {

constexpr int kLongestLine = 140;  // longer ones are hard to read

// Between 0 and 1, neither included.
double parse_share(const std::string& flag, const std::string& text) {
  const double share = parse_number(flag, text);
  if (!(share > 0 && share < 1))
    throw Error(ErrorKind::usage,
                fmt::format("{}: expected a number between 0 and 1, found '{}'", flag, text));
  return share;
}

double parse_rate(const std::string& flag, const std::string& text) {
  const double rate = parse_number(flag, text);
  if (!(rate > 0 && rate <= kMostFitPerMbit))
    throw Error(ErrorKind::usage, fmt::format("{}: expected a number above 0, at most {:g}, found '{}'", flag,
                                              kMostFitPerMbit, text));
  return rate;
}

std::string plan_path(const std::string& list) { return list + ".plan.json"; }

// "a.csv" -> "a.run.json"
std::string metadata_path(const std::string& report) {
  return std::filesystem::path(report).replace_extension(".run.json").string();
}

// How the list was drawn; "": not known.
std::string plan_of(const std::string& list, const Model& model, Console& console) {
  const FaultList faults = FaultList::read(list, model);
  for (const std::string& note : faults.notes()) console.warning(note);
  if (faults.plan().empty())
    console.message(fmt::format("'{}': no plan of the list is known", plan_path(list)));
  return faults.plan();
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
  parser.positional("REPORT.csv", "A finished report", report);
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
  parser.text("--model", "FILE", "The model, where the metadata do not say how large its layers are", model);
  parser.text("--list", "FILE",
              "The fault list, whose plan (FILE.plan.json) says how it was drawn; with --model", list);
  parser.text("--details", "FILE", "What `run --details` wrote (default: the file that the metadata name)",
              details);
}

void ReportCommand::check() {
  if (report.empty()) throw Error(ErrorKind::usage, "report needs a REPORT.csv");
  if (!list.empty() && model.empty()) throw Error(ErrorKind::usage, "--list needs --model");
}

void ReportCommand::check_files() const {
  std::vector<std::string> inputs = {report, metadata_path(report)};
  for (const std::string& path : {model, list, details}) {
    if (!path.empty()) inputs.push_back(path);
  }
  if (!list.empty()) inputs.push_back(plan_path(list));
  check_statistics_files(files, inputs);
  for (const std::string& path : {files.html, files.json}) {
    const std::string stream = path.empty() ? "" : standard_stream_into(path);
    if (!stream.empty())
      throw Error(ErrorKind::usage,
                  fmt::format("{} is redirected into '{}', which is written", stream, path));
  }
}

ReportStatistics ReportCommand::statistics(Console& console) const {
  ReportStatisticsOptions all = options;
  all.details = details;
  if (model.empty()) return report_statistics(report, all);
  const Model loaded = Model::load(model);
  return report_statistics(report, loaded, list.empty() ? "" : plan_of(list, loaded, console), all);
}

void ReportCommand::run(const CommandContext& context) const {
  check_files();
  const ReportStatistics result = statistics(context.console);
  for (const std::string& path : write_statistics(result, files)) context.console.message("wrote " + path);
  const Terminal terminal = standard_output_terminal();
  if (json_to_output) {
    context.out << statistics_json(result);
  } else {  // the names in it are safe, the colours must not be escaped
    context.data << statistics_text(
        result, {.columns = std::min(terminal.columns, kLongestLine), .color = terminal.color});
  }
}

}  // namespace tf_injector::detail::cli
