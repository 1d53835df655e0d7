// The command line, understood: which sub-command, with which options.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "cli/run_options.hpp"

namespace tf_injector::cli {

enum class ProgressMode { automatic, bar, lines, json, none };

struct RunArguments {
  RunOptions options;
  ProgressMode progress = ProgressMode::automatic;
  bool quiet = false;
};

struct InspectArguments {
  std::string model;
  bool plan = false;                         // the steps that run as well
  KernelSet kernels = KernelSet::automatic;  // of the plan
};

struct ValidateArguments {
  std::string fault_list;
  RunOptions model;  // what says which model: model_path, dataset, network
};

struct BenchArguments {
  RunOptions options;
  int64_t plain_seconds = 10;
  bool steps = false;       // measure the steps of the plan, not the engines
  bool techniques = false;  // measure the shortcuts of replay one by one
  bool json = false;
  bool quiet = false;
};

struct DownloadArguments {
  std::string dataset;
  std::string folder;                // "": ./datasets/<dataset>
  std::vector<std::string> mirrors;  // instead of the published address
  std::string sha256;  // of the mirrors' file, instead of the published hash; "": the published one
  ProgressMode progress = ProgressMode::automatic;
  bool quiet = false;
};

// --help, --version: a text for standard output is all there is to do.
struct PrintText {
  std::string text;
};

using Arguments = std::variant<RunArguments, InspectArguments, ValidateArguments, BenchArguments,
                               DownloadArguments, PrintText>;

// `words`: the command line without the program's name. Throws Error(usage): one line.
[[nodiscard]] Arguments parse_arguments(const std::vector<std::string>& words);

// The sub-command that the words name; "run" where they name none.
[[nodiscard]] std::string command_of(const std::vector<std::string>& words);

}  // namespace tf_injector::cli
