#include "cli/campaign_flags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "cli/flag_values.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::cli {
namespace {

constexpr int64_t kMostInt = std::numeric_limits<int>::max();
constexpr int64_t kLeastInt64 = std::numeric_limits<int64_t>::min();
constexpr int64_t kMostInt64 = std::numeric_limits<int64_t>::max();

void check_sources(const RunOptions& options) {
  if (options.dataset.empty() && (options.model_path.empty() || options.data_path.empty())) {
    throw Error(ErrorKind::usage,
                "-d (--dataset) is required: CIFAR10, CIFAR100 or GTSRB; or both --model and --data");
  }
  if (options.network.empty() && options.model_path.empty()) {
    throw Error(ErrorKind::usage, "-n (--network-name) is required, or --model");
  }
}

void check_normalisation(const RunOptions& options) {
  if (options.session.preprocess.mean.has_value() != options.session.preprocess.std.has_value()) {
    throw Error(ErrorKind::usage,
                fmt::format("{} needs {} as well", options.session.preprocess.mean ? "--mean" : "--std",
                            options.session.preprocess.mean ? "--std" : "--mean"));
  }
  if (options.session.preprocess.std &&
      std::any_of(options.session.preprocess.std->begin(), options.session.preprocess.std->end(),
                  [](float s) { return !(s > 0); })) {
    throw Error(ErrorKind::usage, "--std: every number must be greater than 0");
  }
}

void add_network_flags(CommandParser& parser, CampaignDraft& draft, const char* list_help) {
  RunOptions& options = draft.options;
  parser.value("-d,--dataset", "{CIFAR10,CIFAR100,GTSRB}", "The test set, and with it the preprocessing",
               [&options](const std::string& flag, const std::string& value) {
                 options.dataset = parse_choice(flag, value, dataset_names());
               });
  parser.text("-n,--network-name", "NAME", "The model is models/<dataset>/<NAME>.keras", options.network);
  parser.text("-f,--fault-list", "FILE", list_help, options.fault_list_path);
}

void add_batch_flag(CommandParser& parser, CampaignDraft& draft) {
  RunOptions& options = draft.options;
  parser.value("-b,--batch-size", "N", "The batch in which the Python tool would feed images (default: 512)",
               [&options](const std::string& flag, const std::string& value) {
                 options.session.batch_size = static_cast<int>(parse_integer(flag, value, 1, kMostInt));
               });
}

void add_arithmetic_flag(CommandParser& parser, CampaignDraft& draft) {
  parser.flag("-u,--use-tf", "Preprocess in TensorFlow's arithmetic instead of NumPy's",
              draft.options.session.preprocess.tensorflow_arithmetic);
}

void add_data_values(CommandParser& parser, CampaignDraft& draft) {
  RunOptions& options = draft.options;
  parser.text("--model", "FILE", "This model, instead of the one that -d and -n name", options.model_path);
  parser.text(
      "--data", "PATH",
      "This test set: a folder of CIFAR pickles or .bin files, the folder above it, a .tar.gz, an .npz "
      "with x and y, a folder with x.npy and y.npy. Together with --model, -d and -n are optional",
      options.data_path);
  parser.value("--mean", "A,B,C", "Normalise with this mean; needs --std",
               [&options](const std::string& flag, const std::string& value) {
                 options.session.preprocess.mean = parse_triple(flag, value);
               });
  parser.value("--std", "A,B,C", "Normalise with this standard deviation; needs --mean",
               [&options](const std::string& flag, const std::string& value) {
                 options.session.preprocess.std = parse_triple(flag, value);
               });
  parser.value(
      "--preprocess", "{dataset,none}",
      "none: feed the values as they are. dataset: preprocess 8-bit images by -d, --mean and --std, else "
      "divide them by 255 (default: dataset, but none where neither is given and the model begins with "
      "Rescaling or Normalization or takes 8-bit images)",
      [&options](const std::string& flag, const std::string& value) {
        const bool is_none = parse_choice(flag, value, {"dataset", "none"}) == "none";
        options.session.preprocess.mode =
            is_none ? PreprocessOptions::Mode::none : PreprocessOptions::Mode::dataset;
      });
  parser.text("--output", "NAME", "The output that is scored, for models with several (default: the first)",
              options.session.output);
  parser.value("--resize", "{pillow,tensorflow}", "How GTSRB images become 50 x 50 (default: pillow)",
               [&options](const std::string& flag, const std::string& value) {
                 const bool is_pillow = parse_choice(flag, value, {"pillow", "tensorflow"}) == "pillow";
                 options.resize = is_pillow ? Resize::pillow : Resize::tensorflow;
               });
  parser.value("--limit", "N", "Only the first N images",
               [&options](const std::string& flag, const std::string& value) {
                 options.session.limit = parse_integer(flag, value, 1, kMostInt64);
               });
  parser.flag("--no-download", "Missing data is an error, and not fetched", draft.no_download);
}

}  // namespace

KernelSet parse_kernels(const std::string& flag, const std::string& value) {
  std::vector<std::string> names;
  for (const KernelSet set : kKernelSets) names.push_back(kernel_set_name(set));
  return *kernel_set_named(parse_choice(flag, value, names));
}

void add_original_flags(CommandParser& parser, CampaignDraft& draft) {
  RunOptions& options = draft.options;
  parser.group("Flags of the Python tool");
  add_network_flags(parser, draft, "The faults; without it only the golden run is made");
  parser.text("-o,--output-path", "FOLDER", "Where reports go (default: reports)", options.report.folder);
  add_batch_flag(parser, draft);
  parser.value("-r,--resume-from", "N", "Begin at the row whose Injection is N, in a new report",
               [&options](const std::string& flag, const std::string& value) {
                 options.resume_from = parse_integer(flag, value, kLeastInt64, kMostInt64);
               });
  parser.flag("-s,--save-scores,--save-outputs", "Also write the scores of the golden run and of every fault",
              draft.save_scores);
  add_arithmetic_flag(parser, draft);
  parser.value("--seed", "N", "Accepted and without effect: nothing is random",
               [](const std::string& flag, const std::string& value) {
                 static_cast<void>(parse_integer(flag, value, kLeastInt64, kMostInt64));
               });
  parser.flag("--validate", "Accepted and without effect: lists are always validated", draft.validate);
}

void add_data_flags(CommandParser& parser, CampaignDraft& draft) {
  parser.group("Model and data");
  add_data_values(parser, draft);
}

void add_source_flags(CommandParser& parser, CampaignDraft& draft) {
  parser.group("Model, list and data, as run takes them");
  add_network_flags(parser, draft, "The faults");
  add_batch_flag(parser, draft);
  add_arithmetic_flag(parser, draft);
  add_data_values(parser, draft);
}

void add_report_flags(CommandParser& parser, CampaignDraft& draft) {
  RunOptions& options = draft.options;
  parser.group("Report");
  parser.text("--report", "FILE", "The report's path; metadata and scores go beside it", options.report.path);
  parser.flag("--overwrite", "Begin anew instead of going on with a report, or refusing to",
              options.report.overwrite);
  parser.value("--scores", "{none,changed,all}",
               "all is -s; changed keeps per fault the rows that differ from the golden ones (default: none)",
               [&draft](const std::string& flag, const std::string& value) {
                 draft.scores = parse_choice(flag, value, {"none", "changed", "all"});
               });
  parser.value(
      "--check", "N",
      "Evaluate every Nth fault in full the plain way too, 0: none (default: some pairs of fault and image, "
      "in about 1 % of the time); a score that differs in any bit ends the run (exit code 7)",
      [&options](const std::string& flag, const std::string& value) {
        options.campaign.check = static_cast<int>(parse_integer(flag, value, 0, kMostInt));
      });
  parser.flag("--dry-run", "Say what would be done and written, with estimates; write and fetch nothing",
              options.report.dry_run);
}

void add_machine_flags(CommandParser& parser, CampaignDraft& draft) {
  RunOptions& options = draft.options;
  parser.group("Machine (nothing here changes a byte of the report)");
  parser.value("--threads", "N", "Threads (default: what affinity, cgroup and SLURM allow)",
               [&options](const std::string& flag, const std::string& value) {
                 options.session.threads = static_cast<int>(parse_integer(flag, value, 1, 65536));
               });
  parser.value("--memory", "SIZE", "Most memory that the program takes, e.g. 4G (default: what is free)",
               [&options](const std::string& flag, const std::string& value) {
                 options.session.memory_bytes = parse_size(flag, value);
               });
  parser.value("--kernels", "{auto,avx512,avx2,neon,scalar}", "Force an instruction set (default: auto)",
               [&options](const std::string& flag, const std::string& value) {
                 options.session.kernels = parse_kernels(flag, value);
               });
  parser.value("--tile", "N", "Images worked on together (default: chosen)",
               [&options](const std::string& flag, const std::string& value) {
                 options.session.tile = static_cast<int>(parse_integer(flag, value, 1, kMostInt));
               });
}

RunOptions checked_options(CampaignDraft draft) {
  RunOptions& options = draft.options;
  check_sources(options);
  check_normalisation(options);
  if (options.report.folder.empty()) throw Error(ErrorKind::usage, "--output-path needs a value");
  if (draft.save_scores && !draft.scores.empty() && draft.scores != "all") {
    throw Error(ErrorKind::usage, fmt::format("-s and --scores {} contradict each other", draft.scores));
  }
  if (draft.save_scores || draft.scores == "all") {
    options.campaign.scores = ScoreMode::all;
  } else if (draft.scores == "changed") {
    options.campaign.scores = ScoreMode::changed;
  }
  options.allow_download = !draft.no_download;
  return options;
}

}  // namespace tf_injector::cli
