#include "cli/report_inputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/campaign_flags.hpp"
#include "cli/console/standard_streams.hpp"
#include "cli/console/terminal.hpp"
#include "cli/flag_values.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/fault_list.hpp"

namespace tf_injector::detail::cli {
namespace {

constexpr int kLongestLine = 140;  // longer ones are hard to read

std::string plan_path(const std::string& list) { return list + ".plan.json"; }

// "a.csv" -> "a.run.json"
std::string metadata_path(const std::string& report) {
  return std::filesystem::path(report).replace_extension(".run.json").string();
}

}  // namespace

void ReportInputs::add_report(CommandParser& parser) {
  parser.positional("REPORT.csv", "A finished report", report);
}

void ReportInputs::add_sources(CommandParser& parser) {
  parser.text("--model", "FILE", "The model, where the metadata do not say how large its layers are", model);
  parser.text("--list", "FILE",
              "The fault list, whose plan (FILE.plan.json) says how it was drawn; with --model", list);
  add_storage_flag(parser, storage);
}

void ReportInputs::check(const std::string& command) const {
  if (report.empty()) throw Error(ErrorKind::usage, command + " needs a REPORT.csv");
  if (!list.empty() && model.empty()) throw Error(ErrorKind::usage, "--list needs --model");
}

void ReportInputs::require_storage() const {
  if (storage == StorageFormat::float32) return;  // a report is read once
  const StorageFormat recorded = storage_of_report(report).value_or(storage);
  if (storage != recorded) {
    throw Error(ErrorKind::usage, fmt::format("--storage {}: the metadata of {} say {}; leave it out",
                                              storage_name(storage), report, storage_name(recorded)));
  }
}

Model ReportInputs::load_model() const {
  return Model::load(model).stored(storage_of_report(report).value_or(storage));
}

std::vector<std::string> ReportInputs::paths() const {
  std::vector<std::string> paths = {report, metadata_path(report)};
  for (const std::string& path : {model, list}) {
    if (!path.empty()) paths.push_back(path);
  }
  if (!list.empty()) paths.push_back(plan_path(list));
  return paths;
}

std::string ReportInputs::plan(const Model& loaded, Console& console) const {
  if (list.empty()) return "";
  const FaultList faults = FaultList::read(list, loaded);
  for (const std::string& note : faults.notes()) console.warning(note);
  if (faults.plan().empty())
    console.message(fmt::format("'{}': no plan of the list is known", plan_path(list)));
  return faults.plan();
}

double parse_share(const std::string& flag, const std::string& text) {
  const double share = parse_number(flag, text);
  if (!(share > 0 && share < 1))
    throw Error(ErrorKind::usage,
                fmt::format("{}: expected a number between 0 and 1, found '{}'", flag, text));
  return share;
}

void require_no_stream(const std::vector<std::string>& files) {
  for (const std::string& path : files) {
    const std::string stream = path.empty() ? "" : standard_stream_into(path);
    if (!stream.empty())
      throw Error(ErrorKind::usage,
                  fmt::format("{} is redirected into '{}', which is written", stream, path));
  }
}

StatisticsTextOptions output_text_options() {
  const Terminal terminal = standard_output_terminal();
  return {.columns = std::min(terminal.columns, kLongestLine), .color = terminal.color};
}

}  // namespace tf_injector::detail::cli
