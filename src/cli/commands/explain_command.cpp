#include "cli/commands/explain_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "cli/console/console.hpp"
#include "cli/flag_values.hpp"
#include "cli/inputs.hpp"
#include "cli/json_output.hpp"
#include "cli/text/explain_text.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

constexpr int64_t kImages = 512;  // without --limit
constexpr const char* kName = "FAULT";

// "FAULT:2:3: no such layer ..." -> "conv_8,(0, 0),3: no such layer ...": the command line has no lines.
std::string without_place(const std::string& text, const std::string& fault) {
  const std::string start = std::string(kName) + ":2:";
  std::string lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    if (line.starts_with(start)) line = fault + line.substr(line.find(':', start.size()));
    lines += (lines.empty() ? "" : "\n") + line;
    begin = end + 1;
  }
  return lines;
}

bool is_number(const std::string& text) {
  const size_t first = text.starts_with('-') ? 1 : 0;
  return text.size() > first && text.find_first_not_of("0123456789", first) == std::string::npos;
}

}  // namespace

HelpText ExplainCommand::help() const {
  return {
      "Explains one fault: the weight and its bits, what the layer feeds, how far the fault can reach.\n"
      "With data also how far it does: op by op on how many images something differs, where it ends, and\n"
      "the row that a report has of it.",
      "explain FAULT --model MODEL [FLAGS]", R"(Examples:
  tf_injector explain 'conv2d_8,(2, 0, 30, 3),3' --model net.keras
  tf_injector explain 'conv2d_8,(2, 0, 30, 3),3' --model net.keras --data test.npz --limit 100
  tf_injector explain 1228 -f faults.csv -d CIFAR10 -n ResNet20 --json fault.json

Why a fault ended: unseen (no output of its layer differs), clipped (by a ReLU), pooled (not the
largest of its window), rounded (a sum or product rounds to the same bits), dropped (cut away).
Exit codes: 0 done, 2 wrong command line, 3 bad input, 4 file not written, 8 out of memory,
9 fetching failed, 75 interrupted.)"};
}

void ExplainCommand::add_flags(CommandParser& parser) {
  parser.positional(kName, "layer,(index),bit - or the number of a fault of the list", fault);
  add_source_flags(parser, campaign);
  add_machine_flags(parser, campaign);
  parser.group("Answer");
  parser.flag("--no-data", "Only what holds for all images; with -d nothing is read or fetched", no_data);
  add_json_flag(parser, json);
  parser.flag("-q,--quiet", "Only the results and errors", quiet);
}

bool ExplainCommand::has_data() const {
  return !no_data && (!campaign.options.data_path.empty() || !campaign.options.dataset.empty());
}

void ExplainCommand::check() {
  RunOptions& options = campaign.options;
  if (fault.empty())
    throw Error(ErrorKind::usage, "explain needs a FAULT: layer,(index),bit, or its number with -f");
  if (is_number(fault)) {
    if (options.fault_list_path.empty())
      throw Error(ErrorKind::usage,
                  fmt::format("-f (--fault-list) is required: the list that {} is a fault of", fault));
  } else {
    static_cast<void>(parse_fault(fault));
    if (!options.fault_list_path.empty())
      throw Error(ErrorKind::usage, "-f (--fault-list) goes with the number of a fault in it");
  }
  if (options.model_path.empty() && (options.dataset.empty() || options.network.empty()))
    throw Error(ErrorKind::usage, "--model is required, or -d and -n");
  check_names(options);
  options.allow_download = !campaign.no_download;
  if (!options.session.limit) options.session.limit = kImages;
}

ExplainCommand::ChosenFault ExplainCommand::choose_fault(const Model& model) const {
  const std::string& path = campaign.options.fault_list_path;
  if (!path.empty()) {
    const FaultList list = FaultList::read(path, model);
    const int64_t id =
        parse_integer(kName, fault, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max());
    for (size_t row = 0; row < list.size(); ++row)
      if (list.rows().id(row) == id) return {list, row};
    throw FaultListError(fmt::format("{}: no fault has the Injection {}", path, id));
  }
  try {
    return {FaultList::from_faults({parse_fault(fault)}, model, kName), 0};
  } catch (const FaultListError& error) {
    throw FaultListError(without_place(error.what(), fault));
  }
}

void ExplainCommand::run(const CommandContext& context) const {
  const auto message = [&context](const std::string& line) { context.console.message(line); };
  RunOptions options = campaign.options;
  const std::string model_path = find_model(options);
  check_json_path(json, {model_path, options.data_path, options.fault_list_path});
  if (!has_data()) {
    const Model model = Model::load(model_path).stored(options.storage);
    const ChosenFault chosen = choose_fault(model);
    const FaultExplanation found = explain(model, chosen.list, chosen.row, options.session.output);
    return print_result(context.out, json, explanation_text(found), found.json());
  }
  options.fault_list_path.clear();
  check_run_options(options);
  BenchmarkInputs inputs = load_inputs(options, message);
  const ChosenFault chosen = choose_fault(inputs.model);
  Session session(inputs.model, std::move(inputs.dataset), inputs.options);
  for (const std::string& remark : session.remarks()) message(remark);
  for (const std::string& warning : session.warnings()) context.console.warning(warning);
  const FaultExplanation found = explain(session, chosen.list, chosen.row);
  print_result(context.out, json, explanation_text(found), found.json());
}

}  // namespace tf_injector::detail::cli
