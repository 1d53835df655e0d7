// What the flags of run and bench say, and the library's options that they become.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tf_injector/campaign.hpp"
#include "tf_injector/datasets.hpp"
#include "tf_injector/storage.hpp"

namespace tf_injector::detail::cli {

struct RunOptions {
  std::string dataset;                             // -d: "CIFAR10", "CIFAR100", "GTSRB", or ""
  std::string network;                             // -n: network name, or ""
  std::string model_path;                          // --model, else models/<dataset>/<network>.keras
  StorageFormat storage = StorageFormat::float32;  // of its weights
  std::string data_path;                           // --data, or "": where the data set is looked for
  std::string fault_list_path;                     // "": golden-only run
  Resize resize = Resize::pillow;
  bool allow_download = true;
  std::optional<int64_t> resume_from;  // -r: the Injection to start at
  std::optional<Shard> shard;          // of the rows from there on
  SessionOptions session;              // its memory_bytes are of the whole program
  CampaignOptions campaign;
  std::string status_path;  // --status, or "": none
  ReportOptions report;     // without the names of data set and network, see report_options
};

// Throws Error(usage): a name of a data set or a network that is a path.
void check_names(const RunOptions& options);
// Throws Error(usage): what only the program can be asked wrongly.
void check_run_options(const RunOptions& options);

// With the data set that -d names.
[[nodiscard]] SessionOptions session_options(const RunOptions& options);
// The report's names are -d and -n, else the stems of --data and --model.
[[nodiscard]] ReportOptions report_options(const RunOptions& options,
                                           const std::vector<std::string>& command_line,
                                           const Configuration& configuration = {});

}  // namespace tf_injector::detail::cli
