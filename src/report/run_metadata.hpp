// The metadata file of a report (<report>.run.json): the run that it comes from, and how far it is.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "plan/plan.hpp"
#include "tf_injector/report.hpp"
#include "tf_injector/shard.hpp"
#include "tf_injector/storage.hpp"

namespace tf_injector::detail {

// Everything that decides a byte of a report. A report is only continued by a run whose settings are equal.
struct RunSettings {
  std::string model_sha256, fault_list_sha256, data_sha256;
  int batch_size = 0;
  bool use_tensorflow_preprocessing = false;
  std::optional<int64_t> resume_from;
  std::string resize;
  // The formula of the preprocessing. Nothing in old metadata, when the data set, the mean and the type of
  // the images still decided it.
  std::optional<std::string> preprocessing;
  std::optional<std::array<float, 3>> mean, std;   // as used, whether of the data set or given
  std::optional<int64_t> limit;                    // if it is less than the data set
  std::string output;                              // name of the scored output
  std::optional<float> threshold;                  // between the two classes of one output unit
  std::optional<ShardRows> shard = {};             // of the rows from resume_from on; nothing: all
  StorageFormat storage = StorageFormat::float32;  // of the model's weights

  friend bool operator==(const RunSettings&, const RunSettings&) = default;
};

// Each setting by the name that the user knows, and its value.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> readable_settings(const RunSettings& settings);
// One line per setting that differs: "--batch-size: 512 in the report, 1 now".
[[nodiscard]] std::vector<std::string> differences(const RunSettings& of_report, const RunSettings& now);

// Of the file of details. Its rows are those of the report.
struct DetailsMetadata {
  std::string file;    // name of the file; where it is not next to the report, its path
  uint64_t bytes = 0;  // so far
  std::string sha256;  // of these bytes
  // Changed decisions of all rows by golden and faulty class, (classes, classes); empty above
  // kMostConfusionClasses.
  std::vector<int64_t> confusion;
};

// A layer whose kernel faults can hit.
struct KernelLayer {
  std::string name;        // with the models around it: no other layer has it
  std::string class_name;  // "Conv2D"
  std::vector<int64_t> kernel_shape;
};

// A block that is about to be appended: what the files will be then. It is in the metadata before the first
// of its bytes is in the report, so that whatever a run that is killed leaves can be told from what somebody
// else wrote there.
struct PendingBlock {
  int64_t rows = 0;  // all of the report, as what follows
  uint64_t bytes = 0;
  std::string sha256 = {};
  uint64_t details_bytes = 0;  // where there are details
  std::string details_sha256 = {};
  std::vector<int64_t> confusion = {};
};

struct RunMetadata {
  std::string tool_version;
  bool finished = false;
  bool is_overwritten = false;  // by a run that is emptying the report: what it holds is of no use any more
  std::vector<std::string> command_line;
  Configuration configuration;  // no flags: of a run that was not the program's, or in old metadata
  std::string report;           // file name
  std::string score_folder;     // name of the folder, next to the report; "" if no scores are saved
  std::string scores;           // "none", "changed", "all"
  std::optional<DetailsMetadata> details;  // nothing: none are written
  std::string model_path, data_path, fault_list_path;
  std::string plan;          // of the fault list, as JSON; "": not known
  bool is_extended = false;  // the list holds faults that do not invert one bit of a kernel
  std::string keras_version;
  RunSettings settings;
  std::string preprocessing_reason;  // why this preprocessing was chosen
  int64_t images = 0, classes = 0;
  int64_t faults = 0;         // of the list, from resume_from on; of the shard
  int64_t rows = 0;           // of them in the report
  uint64_t report_bytes = 0;  // the report so far, golden row included
  std::string report_sha256;  // of these bytes
  std::optional<PendingBlock> pending;
  bool names_pending = true;  // false: written by a version that did not, 0.1.0
  std::string cpu;
  int threads = 0;
  std::string threads_source;
  int tile = 0;
  std::string kernels;  // instruction set
  std::vector<StepInfo> steps;
  std::vector<KernelLayer> layers;  // in the order of the model; empty in old metadata
  std::string started, updated;     // UTC, ISO 8601
  double seconds = 0;               // of all runs that wrote to the report
  CheckTotals check;
};

// What is pending is in the files.
void take_pending(RunMetadata& metadata);

// One line with all that decides a golden score: settings and version.
[[nodiscard]] std::string golden_key(const RunMetadata& metadata);
// One line with all that decides what a run finds of the block that comes next: settings, version, and what
// the report has.
[[nodiscard]] std::string work_key(const RunMetadata& metadata);

[[nodiscard]] std::string metadata_text(const RunMetadata& metadata);
// Throws Error(resume): `label` is no metadata of a report, or of a later version of the program.
[[nodiscard]] RunMetadata parse_metadata(const std::string& text, const std::string& label);

// The name of this machine's CPU; "unknown" if the system does not tell it.
[[nodiscard]] std::string cpu_name();
// The current time in UTC: "2024-05-01T12:00:00Z".
[[nodiscard]] std::string utc_now();

}  // namespace tf_injector::detail
