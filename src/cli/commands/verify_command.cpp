#include "cli/commands/verify_command.hpp"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <ostream>

#include "cli/console/console.hpp"
#include "cli/flag_values.hpp"
#include "cli/inputs.hpp"
#include "cli/json_output.hpp"
#include "cli/text/verify_text.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {

HelpText VerifyCommand::help() const {
  return {
      "Verifies a finished report: evaluates rows of it once more and compares every byte. Model, list and\n"
      "data must be those that its metadata name by their SHA-256.",
      "verify REPORT.csv [FLAGS]",
      R"(Compared: the SHA-256 of model, list, data, report and details; the settings; the fault of every
row; the golden row; drawn rows with their files of scores and their details.

A report without metadata, as the Python tool writes it, is verified with --model, --data,
--fault-list and what else it was run with (-b, -d, -u, ...). Scores in the folder beside it are
compared too.

Examples:
  tf_injector verify reports/CIFAR10/ResNet20/CIFAR10_ResNet20_240501_1200.csv
  tf_injector verify r.csv --sample all --json proof.json
  tf_injector verify r.csv --sample 20 --kernels scalar
  tf_injector verify python.csv --model net.keras -d CIFAR10 -f faults.csv

Exit codes: 0 the same, 2 wrong command line, 3 bad input, or nothing says what it is the report of,
4 file not written, 6 unfinished, 7 something differs, 8 out of memory, 75 interrupted.)"};
}

void VerifyCommand::add_flags(CommandParser& parser) {
  parser.positional("REPORT.csv", "A finished report", report);
  parser.value("--sample", "K", "Evaluate K rows, or all (default: 100)",
               [this](const std::string& flag, const std::string& text) {
                 options.sample = text == "all" ? std::nullopt
                                                : std::optional<int64_t>(parse_integer(
                                                      flag, text, 1, std::numeric_limits<int64_t>::max()));
               });
  parser.value("--seed", "S", "Draw other rows (default: 1)",
               [this](const std::string& flag, const std::string& text) {
                 options.seed =
                     static_cast<uint64_t>(parse_integer(flag, text, 0, std::numeric_limits<int64_t>::max()));
               });
  add_json_flag(parser, json);
  add_source_flags(parser, campaign);
  parser.integer("-r,--resume-from", "The report begins at the row whose Injection is N",
                 campaign.options.resume_from);
  add_machine_flags(parser, campaign);
  add_console_flags(parser, console);
}

void VerifyCommand::check() {
  if (report.empty()) throw Error(ErrorKind::usage, "verify needs a REPORT.csv");
  check_names(campaign.options);
}

// The metadata say how the report was made; another word on it is a mistake.
void VerifyCommand::require_no_settings() const {
  const RunOptions& given = campaign.options;
  const SessionOptions none;
  const PreprocessOptions& preprocess = given.session.preprocess;
  const bool says_something = given.session.batch_size != none.batch_size || given.session.limit ||
                              !given.session.output.empty() || preprocess.mode != none.preprocess.mode ||
                              preprocess.mean || preprocess.std || preprocess.tensorflow_arithmetic ||
                              given.resize != Resize::pillow || given.resume_from;
  if (!says_something) return;
  throw Error(
      ErrorKind::usage,
      fmt::format("{}: its metadata say how it was run; -b, -u, -r, --limit, --output, --mean, --std, "
                  "--preprocess and --resize are for reports without",
                  report));
}

VerifyInputs VerifyCommand::inputs() const {
  const RunOptions& given = campaign.options;
  VerifyInputs inputs;
  inputs.model_path = given.model_path;
  if (inputs.model_path.empty() && !given.network.empty()) inputs.model_path = find_model(given);
  if (given.storage != StorageFormat::float32) inputs.storage = given.storage;
  inputs.fault_list_path = given.fault_list_path;
  inputs.data_path = given.data_path;
  inputs.dataset_name = given.dataset;
  inputs.allow_download = !campaign.no_download;
  inputs.session = given.session;
  inputs.resize = given.resize;
  inputs.resume_from = given.resume_from;
  return inputs;
}

void VerifyCommand::run(const CommandContext& context) const {
  Console& out = context.console;
  const RunOptions& given = campaign.options;
  check_json_path(json, {report, given.model_path, given.data_path, given.fault_list_path});
  if (has_metadata(report)) require_no_settings();
  CampaignCallbacks callbacks;
  callbacks.message = [&](const std::string& line) { out.message(line); };
  callbacks.warning = [&](const std::string& line) { out.warning(line); };
  callbacks.progress = [&](const Progress& progress) { out.progress(progress); };
  const Verification found = verify(report, inputs(), options, callbacks);
  out.finish();
  print_result(context.out, json, verification_text(found), found.json());
  if (!found.is_same()) context.exit_code = kDiffers;
}

}  // namespace tf_injector::detail::cli
