#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/campaign_flags.hpp"
#include "cli/command_parser.hpp"
#include "cli/console/console_flags.hpp"
#include "cli/download_arguments.hpp"
#include "cli/flag_values.hpp"
#include "core/nearest_name.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::cli {
namespace {

const std::vector<std::string> kCommands = {"run", "inspect", "validate", "bench", "download"};

constexpr const char* kOverview =
    R"(tf_injector: flips single bits of a Keras network's weights and reports what each changes

  tf_injector [run] FLAGS                     a campaign, or without a fault list the golden run
  tf_injector inspect MODEL                   the layers of a model and their faultable bits
  tf_injector validate -f LIST --model MODEL  checks a fault list against a model
  tf_injector bench FLAGS                     faults per second of the plain engine and of replay
  tf_injector download DATASET                fetches a test set

tf_injector SUB-COMMAND --help says more; these are the flags of run:

)";

constexpr const char* kRunExamples = R"(Examples:
  tf_injector -d CIFAR10 -n ResNet20 -f faults.csv
  tf_injector --model net.keras --data test.npz -f faults.csv --report out/net.csv -s
  tf_injector -d CIFAR10 -n ResNet20              (no fault list: the golden run only)

Exit codes: 0 done, 2 wrong command line, 3 bad input, 4 output not written, 5 report in use,
6 report cannot be continued, 7 the self-check failed, 8 out of memory, 9 fetching failed,
75 interrupted; 1 is a bug.)";

constexpr const char* kInspectExamples = R"(Examples:
  tf_injector inspect models/CIFAR10/ResNet20.keras
  tf_injector inspect net.keras --plan)";

constexpr const char* kValidateExamples = R"(Examples:
  tf_injector validate -f faults.csv --model net.keras
  tf_injector validate -f faults.csv -d CIFAR10 -n ResNet20)";

constexpr const char* kBenchExamples = R"(Examples:
  tf_injector bench -d CIFAR10 -n ResNet20 -f faults.csv
  tf_injector bench --model net.keras --data test.npz -f faults.csv --limit 1000 --json
  tf_injector bench -d CIFAR10 -n ResNet20 --steps
  tf_injector bench -d CIFAR10 -n ResNet20 -f faults.csv --limit 64 --techniques)";

Arguments parse_run(const std::vector<std::string>& words) {
  RunArguments run;
  CampaignDraft draft;
  CommandParser parser(
      "run", "Runs a campaign: every fault of a list on the whole test set, one row of a report each.",
      "[run] FLAGS", kRunExamples);
  add_original_flags(parser, draft);
  add_data_flags(parser, draft);
  add_report_flags(parser, draft);
  add_machine_flags(parser, draft);
  add_console_flags(parser, run.progress, run.quiet);
  if (const auto text = parser.parse(words)) return PrintText{*text};
  run.options = checked_options(std::move(draft));
  return run;
}

Arguments parse_inspect(const std::vector<std::string>& words) {
  InspectArguments inspect;
  CommandParser parser("inspect", "Prints the layers of a model and how many bits of its weights can be hit.",
                       "inspect MODEL [FLAGS]", kInspectExamples);
  parser.positional("MODEL", "A .keras or .h5 file", inspect.model);
  parser.flag("--plan", "Also print the steps that are run, with their kernels", inspect.plan);
  parser.value("--kernels", "{auto,avx512,avx2,neon,scalar}",
               "The instruction set of the plan (default: auto)",
               [&inspect](const std::string& flag, const std::string& value) {
                 inspect.kernels = parse_kernels(flag, value);
               });
  if (const auto text = parser.parse(words)) return PrintText{*text};
  if (inspect.model.empty()) throw Error(ErrorKind::usage, "inspect needs a MODEL: a .keras or .h5 file");
  return inspect;
}

Arguments parse_validate(const std::vector<std::string>& words) {
  ValidateArguments validate;
  CommandParser parser("validate", "Checks a fault list against a model. Evaluates nothing.",
                       "validate -f LIST (--model MODEL | -d DATASET -n NAME)", kValidateExamples);
  parser.text("-f,--fault-list", "FILE", "The list", validate.fault_list);
  parser.text("--model", "FILE", "The model", validate.model.model_path);
  parser.value("-d,--dataset", "{CIFAR10,CIFAR100,GTSRB}",
               "Instead of --model, with -n: models/<dataset>/<NAME>.keras",
               [&validate](const std::string& flag, const std::string& value) {
                 validate.model.dataset = parse_choice(flag, value, dataset_names());
               });
  parser.text("-n,--network-name", "NAME", "The model's name, with -d", validate.model.network);
  if (const auto text = parser.parse(words)) return PrintText{*text};
  if (validate.fault_list.empty()) throw Error(ErrorKind::usage, "-f (--fault-list) is required");
  if (validate.model.model_path.empty() &&
      (validate.model.dataset.empty() || validate.model.network.empty())) {
    throw Error(ErrorKind::usage, "--model is required, or -d and -n");
  }
  return validate;
}

Arguments parse_bench(const std::vector<std::string>& words) {
  BenchArguments bench;
  CampaignDraft draft;
  CommandParser parser(
      "bench",
      "Measures faults per second: of the plain engine, which evaluates the whole network for every\n"
      "fault, and of replay, on the same list and images. Writes no file.",
      "bench (-f LIST | --steps) FLAGS", kBenchExamples);
  add_source_flags(parser, draft);
  add_machine_flags(parser, draft);
  parser.group("Measurement");
  parser.value(
      "--seconds", "N",
      "The plain engine takes faults, spread over the list, for so long; at least one. Replay takes the "
      "whole list (default: 10)",
      [&bench](const std::string& flag, const std::string& value) {
        bench.plain_seconds = parse_integer(flag, value, 1, 86400);
      });
  parser.flag(
      "--steps",
      "Instead: every step of the network alone on one thread, and its share of the most multiply-adds "
      "that this machine does; needs no list",
      bench.steps);
  parser.flag("--techniques",
              "Instead: replay with each of its shortcuts left out, with more and more of them, and on one "
              "thread",
              bench.techniques);
  parser.flag("--json", "One JSON object a line for each row instead of a table", bench.json);
  parser.flag("-q,--quiet", "Only the results and errors", bench.quiet);
  if (const auto text = parser.parse(words)) return PrintText{*text};
  bench.options = checked_options(std::move(draft));
  if (bench.steps && bench.techniques)
    throw Error(ErrorKind::usage, "--steps and --techniques are two measurements: give one of them");
  if (bench.options.fault_list_path.empty() && !bench.steps)
    throw Error(ErrorKind::usage, "-f (--fault-list) is required: the faults to be measured");
  return bench;
}

}  // namespace

std::string command_of(const std::vector<std::string>& words) {
  const bool is_command =
      !words.empty() && std::find(kCommands.begin(), kCommands.end(), words[0]) != kCommands.end();
  return is_command ? words[0] : "run";
}

Arguments parse_arguments(const std::vector<std::string>& words) {
  if (words.empty() || words[0].empty() || words[0][0] == '-') {
    Arguments arguments = parse_run(words);
    const bool is_help = words.size() == 1 && (words[0] == "-h" || words[0] == "--help");
    if (is_help) std::get<PrintText>(arguments).text.insert(0, kOverview);
    return arguments;
  }
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  if (words[0] == "run") return parse_run(rest);
  if (words[0] == "inspect") return parse_inspect(rest);
  if (words[0] == "validate") return parse_validate(rest);
  if (words[0] == "bench") return parse_bench(rest);
  if (words[0] == "download") return parse_download(rest);
  std::string message = fmt::format("unknown sub-command '{}'", words[0]);
  const std::string nearest = nearest_name(words[0], kCommands);
  message += nearest.empty() ? fmt::format("; there are {}", fmt::join(kCommands, ", "))
                             : fmt::format("; did you mean '{}'?", nearest);
  throw Error(ErrorKind::usage, message);
}

}  // namespace tf_injector::cli
