#include "cli/campaign_flags.hpp"

#include <fmt/format.h>

#include <vector>

#include "cli/flag_values.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

void check_sources(const RunOptions& options) {
  if (options.dataset.empty() && (options.model_path.empty() || options.data_path.empty())) {
    throw Error(ErrorKind::usage,
                "-d (--dataset) is required: CIFAR10, CIFAR100 or GTSRB; or both --model and --data");
  }
  if (options.network.empty() && options.model_path.empty()) {
    throw Error(ErrorKind::usage, "-n (--network-name) is required, or --model");
  }
}

void add_network_flags(CommandParser& parser, RunOptions& options) {
  parser.word("-d,--dataset", "The test set, and with it the preprocessing", dataset_names(),
              options.dataset);
  parser.text("-n,--network-name", "NAME", "The model is models/<dataset>/<NAME>.keras", options.network);
}

void add_list_flag(CommandParser& parser, RunOptions& options, const std::string& help) {
  parser.text("-f,--fault-list", "FILE", help, options.fault_list_path);
}

void add_batch_flag(CommandParser& parser, RunOptions& options) {
  parser.integer("-b,--batch-size", "The batch in which the Python tool would feed images (default: 512)",
                 options.session.batch_size, 1);
}

void add_arithmetic_flag(CommandParser& parser, RunOptions& options) {
  parser.flag("-u,--use-tf", "Preprocess in TensorFlow's arithmetic instead of NumPy's",
              options.session.preprocess.tensorflow_arithmetic);
}

void add_preprocessing_flags(CommandParser& parser, PreprocessOptions& preprocess) {
  parser.value("--mean", "A,B,C", "Normalise with this mean; needs --std",
               [&preprocess](const std::string& flag, const std::string& value) {
                 preprocess.mean = parse_triple(flag, value);
               });
  parser.value("--std", "A,B,C", "Normalise with this standard deviation; needs --mean",
               [&preprocess](const std::string& flag, const std::string& value) {
                 preprocess.std = parse_triple(flag, value);
               });
  parser.choice(
      "--preprocess",
      "none: feed the values as they are. dataset: preprocess 8-bit images by -d, --mean and --std, else "
      "divide them by 255 (default: dataset, but none where neither is given and the model begins with "
      "Rescaling or Normalization or takes 8-bit images)",
      {{"dataset", PreprocessOptions::Mode::dataset}, {"none", PreprocessOptions::Mode::none}},
      preprocess.mode);
}

void add_data_values(CommandParser& parser, CampaignFlags& flags) {
  RunOptions& options = flags.options;
  parser.text("--model", "FILE", "This model, instead of the one that -d and -n name", options.model_path);
  add_storage_flag(parser, options.storage);
  parser.text(
      "--data", "PATH",
      "This test set: a folder of CIFAR pickles or .bin files, the folder above it, a .tar.gz, an .npz "
      "with x and y, a folder with x.npy and y.npy. Together with --model, -d and -n are optional",
      options.data_path);
  add_preprocessing_flags(parser, options.session.preprocess);
  parser.text("--output", "NAME", "The output that is scored, for models with several (default: the first)",
              options.session.output);
  parser.choice("--resize", "How GTSRB images become 50 x 50 (default: pillow)",
                {{"pillow", Resize::pillow}, {"tensorflow", Resize::tensorflow}}, options.resize);
  parser.integer("--limit", "Only the first N images", options.session.limit, 1);
  parser.flag("--no-download", "Missing data is an error, and not fetched", flags.no_download);
}

}  // namespace

void add_kernels_flag(CommandParser& parser, const std::string& description, KernelSet& kernels) {
  std::vector<Choice<KernelSet>> choices;
  for (const KernelSet set : kKernelSets) choices.push_back({kernel_set_name(set), set});
  parser.choice("--kernels", description, choices, kernels);
}

void add_storage_flag(CommandParser& parser, StorageFormat& storage) {
  std::vector<Choice<StorageFormat>> choices;
  for (const StorageFormat format : kStorageFormats) choices.push_back({storage_name(format), format});
  parser.choice(
      "--storage",
      "The weights are stored in this format and computed with as float32; faults hit what is stored "
      "(default: float32)",
      choices, storage);
}

void add_original_flags(CommandParser& parser, CampaignFlags& flags) {
  RunOptions& options = flags.options;
  parser.group("Flags of the Python tool");
  add_network_flags(parser, options);
  add_list_flag(parser, options, "The faults; without it only the golden run is made");
  parser.text("-o,--output-path", "FOLDER", "Where reports go (default: reports)", options.report.folder);
  add_batch_flag(parser, options);
  parser.integer("-r,--resume-from", "Begin at the row whose Injection is N, in a new report",
                 options.resume_from);
  parser.flag("-s,--save-scores,--save-outputs", "Also write the scores of the golden run and of every fault",
              flags.save_scores);
  add_arithmetic_flag(parser, options);
  parser.integer("--seed", "Accepted and without effect: nothing is random", flags.seed);
  parser.flag("--validate", "Accepted and without effect: lists are always validated", flags.validate);
}

void add_data_flags(CommandParser& parser, CampaignFlags& flags) {
  parser.group("Model and data");
  add_data_values(parser, flags);
}

void add_source_flags(CommandParser& parser, CampaignFlags& flags, SourceFlags which) {
  const bool with_list = which == SourceFlags::with_list;
  parser.group(with_list ? "Model, list and data, as run takes them" : "Model and data, as run takes them");
  add_network_flags(parser, flags.options);
  if (with_list) add_list_flag(parser, flags.options, "The faults");
  add_batch_flag(parser, flags.options);
  add_arithmetic_flag(parser, flags.options);
  add_data_values(parser, flags);
}

void add_report_flags(CommandParser& parser, CampaignFlags& flags) {
  RunOptions& options = flags.options;
  parser.group("Report");
  parser.text("--report", "FILE", "The report's path; metadata and scores go beside it", options.report.path);
  parser.text(
      "--details", "FILE",
      "Also write a CSV with a row per fault: images with NaN and Inf, SDC-5, SDC-10 %, SDC-20 %, decisions "
      "mended and broken, the class that most went to, the largest change of a score, the weight before "
      "and after",
      options.report.details_path);
  parser.value(
      "--shard", "I/N",
      "Only part I (from 0) of N of the list, as a report of its own; merge joins them. slurm: the task of "
      "a job array says which",
      [&options](const std::string&, const std::string& value) { options.shard = parse_shard(value); });
  parser.text(
      "--status", "FILE",
      "Also write how far the run is into this JSON file, about once a second: for watch and dashboards",
      options.status_path);
  parser.flag("--overwrite", "Begin anew instead of going on with a report, or refusing to",
              options.report.overwrite);
  parser.word(
      "--scores",
      "all is -s; changed keeps per fault the rows that differ from the golden ones; one keeps all in "
      "one array (default: none)",
      {"none", "changed", "all", "one"}, flags.scores);
  parser.integer(
      "--check",
      "Evaluate every Nth fault in full the plain way too, 0: none (default: some pairs of fault and image, "
      "in about 1 % of the time); a score that differs in any bit ends the run (exit code 7)",
      options.campaign.check, 0);
  parser.flag("--dry-run", "Say what would be done and written, with estimates; write and fetch nothing",
              options.report.dry_run);
}

void add_machine_flags(CommandParser& parser, CampaignFlags& flags) {
  SessionOptions& session = flags.options.session;
  parser.group("Machine (nothing here changes a byte of the report)");
  parser.integer("--threads", "Threads (default: what affinity, cgroup and SLURM allow)", session.threads, 1,
                 65536);
  parser.value("--memory", "SIZE", "Most memory that the program takes, e.g. 4G (default: what is free)",
               [&session](const std::string& flag, const std::string& value) {
                 session.memory_bytes = parse_size(flag, value);
               });
  add_kernels_flag(parser, "Force an instruction set (default: auto)", session.kernels);
  parser.integer("--tile", "Images worked on together (default: chosen)", session.tile, 1);
}

void complete(CampaignFlags& flags) {
  RunOptions& options = flags.options;
  check_sources(options);
  if (options.report.folder.empty()) throw Error(ErrorKind::usage, "--output-path needs a value");
  const bool is_all = flags.scores == "all" || flags.scores == "one";
  if (flags.save_scores && !flags.scores.empty() && !is_all) {
    throw Error(ErrorKind::usage, fmt::format("-s and --scores {} contradict each other", flags.scores));
  }
  if (flags.scores == "all" || (flags.save_scores && flags.scores != "one")) {
    options.campaign.scores = ScoreMode::all;
  } else if (flags.scores == "changed") {
    options.campaign.scores = ScoreMode::changed;
  } else if (flags.scores == "one") {
    options.campaign.scores = ScoreMode::one;
  }
  options.campaign.details = !options.report.details_path.empty();
  options.allow_download = !flags.no_download;
}

}  // namespace tf_injector::detail::cli
