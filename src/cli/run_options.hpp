// What the flags of run and bench say, and the library's options that they become.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tf_injector/campaign.hpp"
#include "tf_injector/datasets.hpp"

namespace tf_injector::cli {

struct RunOptions {
  std::string dataset;          // -d: "CIFAR10", "CIFAR100", "GTSRB", or ""
  std::string network;          // -n: network name, or ""
  std::string model_path;       // --model, else models/<dataset>/<network>.keras
  std::string data_path;        // --data, or "": where the data set is looked for
  std::string fault_list_path;  // "": golden-only run
  std::string output_folder = "reports";
  std::string report_path;  // --report, or ""
  std::string output_name;  // --output: which output is scored, "" = the first
  Resize resize = Resize::pillow;
  int batch_size = 512;
  std::optional<int64_t> resume_from;  // -r: the Injection to start at
  bool use_tensorflow_preprocessing = false;
  std::optional<std::array<float, 3>> mean, std;
  PreprocessOptions::Mode preprocess = PreprocessOptions::Mode::automatic;
  std::optional<int64_t> limit;  // first N images
  ScoreMode scores = ScoreMode::none;
  bool overwrite = false;
  bool allow_download = true;
  bool dry_run = false;
  std::optional<int> check;   // see CampaignOptions
  int threads = 0;            // 0: what the machine allows
  uint64_t memory_bytes = 0;  // of the whole program; 0: a share of what is free
  KernelSet kernels = KernelSet::automatic;
  int tile = 0;  // 0: chosen
};

// Throws Error(usage): what only the program can be asked wrongly.
void check_run_options(const RunOptions& options);

[[nodiscard]] SessionOptions session_options(const RunOptions& options);
[[nodiscard]] CampaignOptions campaign_options(const RunOptions& options);
// The report's names are -d and -n, else the stems of --data and --model.
[[nodiscard]] ReportOptions report_options(const RunOptions& options,
                                           const std::vector<std::string>& command_line);

}  // namespace tf_injector::cli
