#include "cli/arguments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "cli/command_parser.hpp"
#include "cli/values.hpp"
#include "fault/fault_list.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::cli {
namespace {

const std::vector<std::string> kDatasets = {"CIFAR10", "CIFAR100", "GTSRB"};
const std::vector<std::string> kKernelSets = {"auto", "avx512", "avx2", "neon", "scalar"};
const std::vector<std::string> kCommands = {"run", "inspect", "validate"};

constexpr int64_t kMostInt = std::numeric_limits<int>::max();
constexpr int64_t kLeastInt64 = std::numeric_limits<int64_t>::min();
constexpr int64_t kMostInt64 = std::numeric_limits<int64_t>::max();

constexpr const char* kOverview =
    R"(tf_injector: flips single bits of a Keras network's weights and reports what each changes

  tf_injector [run] FLAGS                     a campaign, or without a fault list the golden run
  tf_injector inspect MODEL                   the layers of a model and their faultable bits
  tf_injector validate -f LIST --model MODEL  checks a fault list against a model

tf_injector inspect --help and tf_injector validate --help say more; these are the flags of run:

)";

constexpr const char* kRunExamples = R"(Examples:
  tf_injector -d CIFAR10 -n ResNet20 -f faults.csv
  tf_injector --model net.keras --data test.npz -f faults.csv --report out/net.csv -s
  tf_injector -d CIFAR10 -n ResNet20              (no fault list: the golden run only)

Exit codes: 0 done, 2 wrong command line, 3 bad input, 4 output not written, 5 report in use,
6 report cannot be continued, 8 out of memory, 9 fetching failed, 75 interrupted; 1 is a bug.)";

constexpr const char* kInspectExamples = R"(Examples:
  tf_injector inspect models/CIFAR10/ResNet20.keras
  tf_injector inspect net.keras --plan)";

constexpr const char* kValidateExamples = R"(Examples:
  tf_injector validate -f faults.csv --model net.keras
  tf_injector validate -f faults.csv -d CIFAR10 -n ResNet20)";

// What parsing collects before it is checked as a whole.
struct RunDraft {
  RunArguments run;
  bool save_scores = false, no_download = false, validate = false;
  std::string scores;
};

void add_original_flags(CommandParser& parser, RunDraft& draft) {
  CampaignOptions& options = draft.run.campaign;
  parser.group("Flags of the Python tool");
  parser.value("-d,--dataset", "{CIFAR10,CIFAR100,GTSRB}", "The test set, and with it the preprocessing",
               [&options](const std::string& flag, const std::string& value) {
                 options.dataset = parse_choice(flag, value, kDatasets);
               });
  parser.text("-n,--network-name", "NAME", "The model is models/<dataset>/<NAME>.keras", options.network);
  parser.text("-f,--fault-list", "FILE", "The faults; without it only the golden run is made",
              options.fault_list_path);
  parser.text("-o,--output-path", "FOLDER", "Where reports go (default: reports)", options.output_folder);
  parser.value("-b,--batch-size", "N", "The batch in which the Python tool would feed images (default: 512)",
               [&options](const std::string& flag, const std::string& value) {
                 options.batch_size = static_cast<int>(parse_integer(flag, value, 1, kMostInt));
               });
  parser.value("-r,--resume-from", "N", "Begin at the row whose Injection is N, in a new report",
               [&options](const std::string& flag, const std::string& value) {
                 options.resume_from = parse_integer(flag, value, kLeastInt64, kMostInt64);
               });
  parser.flag("-s,--save-scores,--save-outputs", "Also write the scores of the golden run and of every fault",
              draft.save_scores);
  parser.flag("-u,--use-tf", "Preprocess in TensorFlow's arithmetic instead of NumPy's",
              options.use_tensorflow_preprocessing);
  parser.value("--seed", "N", "Accepted and without effect: nothing is random",
               [](const std::string& flag, const std::string& value) {
                 static_cast<void>(parse_integer(flag, value, kLeastInt64, kMostInt64));
               });
  parser.flag("--validate", "Accepted and without effect: lists are always validated", draft.validate);
}

void add_data_flags(CommandParser& parser, RunDraft& draft) {
  CampaignOptions& options = draft.run.campaign;
  parser.group("Model and data");
  parser.text("--model", "FILE", "This model, instead of the one that -d and -n name", options.model_path);
  parser.text(
      "--data", "PATH",
      "This test set: a folder of CIFAR pickles or .bin files, the folder above it, a .tar.gz, an .npz "
      "with x and y, a folder with x.npy and y.npy. Together with --model, -d and -n are optional",
      options.data_path);
  parser.value("--mean", "A,B,C", "Normalise with this mean; needs --std",
               [&options](const std::string& flag, const std::string& value) {
                 options.mean = parse_triple(flag, value);
               });
  parser.value("--std", "A,B,C", "Normalise with this standard deviation; needs --mean",
               [&options](const std::string& flag, const std::string& value) {
                 options.std = parse_triple(flag, value);
               });
  parser.text("--output", "NAME", "The output that is scored, for models with several (default: the first)",
              options.output_name);
  parser.value("--resize", "{pillow,tensorflow}", "How GTSRB images become 50 x 50 (default: pillow)",
               [&options](const std::string& flag, const std::string& value) {
                 options.resize = parse_choice(flag, value, {"pillow", "tensorflow"});
               });
  parser.value("--limit", "N", "Only the first N images",
               [&options](const std::string& flag, const std::string& value) {
                 options.limit = parse_integer(flag, value, 1, kMostInt64);
               });
  parser.flag("--no-download", "Missing data is an error, and not fetched", draft.no_download);
}

void add_report_flags(CommandParser& parser, RunDraft& draft) {
  CampaignOptions& options = draft.run.campaign;
  parser.group("Report");
  parser.text("--report", "FILE", "The report's path; metadata and scores go beside it", options.report_path);
  parser.flag("--overwrite", "Begin anew instead of going on with a report, or refusing to",
              options.overwrite);
  parser.value("--scores", "{none,changed,all}",
               "all is -s; changed keeps per fault the rows that differ from the golden ones (default: none)",
               [&draft](const std::string& flag, const std::string& value) {
                 draft.scores = parse_choice(flag, value, {"none", "changed", "all"});
               });
  parser.flag("--dry-run", "Say what would be done and written, with estimates; write nothing",
              options.dry_run);
}

void add_machine_flags(CommandParser& parser, RunDraft& draft) {
  CampaignOptions& options = draft.run.campaign;
  parser.group("Machine (nothing here changes a byte of the report)");
  parser.value("--threads", "N", "Threads (default: what affinity, cgroup and SLURM allow)",
               [&options](const std::string& flag, const std::string& value) {
                 options.threads = static_cast<int>(parse_integer(flag, value, 1, 65536));
               });
  parser.value("--memory", "SIZE", "Most memory for activations and scores, e.g. 4G (default: what is free)",
               [&options](const std::string& flag, const std::string& value) {
                 options.memory_bytes = parse_size(flag, value);
               });
  parser.value("--kernels", "{auto,avx512,avx2,neon,scalar}", "Force an instruction set (default: auto)",
               [&options](const std::string& flag, const std::string& value) {
                 options.kernels = parse_choice(flag, value, kKernelSets);
               });
  parser.value("--tile", "N", "Images worked on together (default: chosen)",
               [&options](const std::string& flag, const std::string& value) {
                 options.tile = static_cast<int>(parse_integer(flag, value, 1, kMostInt));
               });
}

ProgressMode progress_mode(const std::string& name) {
  if (name == "bar") return ProgressMode::bar;
  if (name == "lines") return ProgressMode::lines;
  if (name == "json") return ProgressMode::json;
  return name == "none" ? ProgressMode::none : ProgressMode::automatic;
}

void add_talk_flags(CommandParser& parser, RunDraft& draft) {
  RunArguments& run = draft.run;
  parser.group("Talk");
  parser.value(
      "--progress", "{auto,bar,lines,json,none}",
      "auto: a bar on a terminal, else a plain line now and then (default: auto)",
      [&run](const std::string& flag, const std::string& value) {
        run.progress = progress_mode(parse_choice(flag, value, {"auto", "bar", "lines", "json", "none"}));
      });
  parser.flag("-q,--quiet", "No progress and no talk, only results and errors", run.quiet);
}

void check_sources(const CampaignOptions& options) {
  if (options.dataset.empty() && (options.model_path.empty() || options.data_path.empty())) {
    throw Error(ErrorKind::usage,
                "-d (--dataset) is required: CIFAR10, CIFAR100 or GTSRB; or both --model and --data");
  }
  if (options.network.empty() && options.model_path.empty()) {
    throw Error(ErrorKind::usage, "-n (--network-name) is required, or --model");
  }
}

void check_normalisation(const CampaignOptions& options) {
  if (options.mean.has_value() != options.std.has_value()) {
    throw Error(ErrorKind::usage, fmt::format("{} needs {} as well", options.mean ? "--mean" : "--std",
                                              options.mean ? "--std" : "--mean"));
  }
  if (options.std &&
      std::any_of(options.std->begin(), options.std->end(), [](float s) { return !(s > 0); })) {
    throw Error(ErrorKind::usage, "--std: every number must be greater than 0");
  }
}

RunArguments checked(RunDraft draft) {
  CampaignOptions& options = draft.run.campaign;
  check_sources(options);
  check_normalisation(options);
  if (options.output_folder.empty()) throw Error(ErrorKind::usage, "--output-path needs a value");
  if (draft.save_scores && !draft.scores.empty() && draft.scores != "all") {
    throw Error(ErrorKind::usage, fmt::format("-s and --scores {} contradict each other", draft.scores));
  }
  if (draft.save_scores || draft.scores == "all") {
    options.scores = ScoreMode::all;
  } else if (draft.scores == "changed") {
    options.scores = ScoreMode::changed;
  }
  options.allow_download = !draft.no_download;
  return draft.run;
}

// Fills `draft` from the words, or returns the text of --help or --version.
std::optional<std::string> parse_run_words(const std::vector<std::string>& words, RunDraft& draft) {
  CommandParser parser(
      "run", "Runs a campaign: every fault of a list on the whole test set, one row of a report each.",
      "[run] FLAGS", kRunExamples);
  add_original_flags(parser, draft);
  add_data_flags(parser, draft);
  add_report_flags(parser, draft);
  add_machine_flags(parser, draft);
  add_talk_flags(parser, draft);
  return parser.parse(words);
}

Arguments parse_run(const std::vector<std::string>& words) {
  RunDraft draft;
  if (const auto text = parse_run_words(words, draft)) return PrintText{*text};
  return checked(std::move(draft));
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
                 inspect.kernels = parse_choice(flag, value, kKernelSets);
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
                 validate.model.dataset = parse_choice(flag, value, kDatasets);
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
  std::string message = fmt::format("unknown sub-command '{}'", words[0]);
  const std::string nearest = nearest_name(words[0], kCommands);
  message += nearest.empty() ? fmt::format("; there are {}", fmt::join(kCommands, ", "))
                             : fmt::format("; did you mean '{}'?", nearest);
  throw Error(ErrorKind::usage, message);
}

}  // namespace tf_injector::cli
