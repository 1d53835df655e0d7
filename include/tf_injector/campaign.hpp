// A fault-injection campaign: the golden run, every fault of a list, the report that grows block by block.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tf_injector {

enum class ScoreMode { none, changed, all };

// Everything that a run is given; defaults are the program's.
struct CampaignOptions {
  std::string dataset;          // "CIFAR10", "CIFAR100", "GTSRB" or "" (--model and --data both given)
  std::string network;          // network name, or ""
  std::string model_path;       // --model, else models/<dataset>/<network>.keras
  std::string data_path;        // --data, or "": search order
  std::string fault_list_path;  // "": golden-only run
  std::string output_folder = "reports";
  std::string report_path;        // --report, or ""
  std::string output_name;        // --output: which output is scored, "" = the first
  std::string resize = "pillow";  // GTSRB: "pillow" or "tensorflow"
  int batch_size = 512;
  std::optional<int64_t> resume_from;  // -r: the Injection to start at
  bool use_tensorflow_preprocessing = false;
  std::optional<std::array<float, 3>> mean, std;
  std::string preprocess;  // "dataset", "none" (values as they are), or "": by dataset, mean and the model
  std::optional<int64_t> limit;  // first N images
  ScoreMode scores = ScoreMode::none;
  bool overwrite = false;
  bool allow_download = true;
  bool dry_run = false;
  // Evaluated the plain way too, and compared: none: some pairs of fault and image; N: every Nth fault on all
  // images; 0: nothing.
  std::optional<int> check;
  int threads = 0;                        // 0: what affinity, cgroup and SLURM_CPUS_PER_TASK allow
  uint64_t memory_bytes = 0;              // 0: a share of what the machine or cgroup has
  std::string kernels = "auto";           // auto, avx512, avx2, neon, scalar
  int tile = 0;                           // 0: chosen
  std::vector<std::string> command_line;  // for the metadata only
};

struct GoldenSummary {
  int64_t images = 0, top_1_correct = 0, top_5_correct = 0;
};

struct Progress {
  int64_t faults_total = 0;      // of this run's list (after -r)
  int64_t faults_before = 0;     // already in the report when the run started
  double faults_done = 0;        // since the start, parts of a block counted
  double seconds = 0;            // since the first fault of this run started
  int64_t rows_written = 0;      // faults in the report now
  int64_t critical = 0;          // sum over the rows in the report
  int64_t images_evaluated = 0;  // rows x images, for the critical rate
};

struct BitGroupSummary {
  std::string name;  // "sign (31)", "exponent (23-30)", "mantissa (0-22)"
  int64_t faults = 0, images = 0, masked = 0, non_critical = 0, critical = 0;
};

// What the self-check compared, of one run, or of all that wrote to a report.
struct CheckTotals {
  int64_t faults = 0;         // of which some pair was compared
  int64_t pairs = 0;          // of fault and image
  int64_t golden_images = 0;  // whose scores without a fault were compared
  double seconds = 0;

  CheckTotals& operator+=(const CheckTotals& other) noexcept {
    faults += other.faults;
    pairs += other.pairs;
    golden_images += other.golden_images;
    seconds += other.seconds;
    return *this;
  }
};

enum class CampaignOutcome { done, already_finished, golden_only, dry_run };

struct CampaignResult {
  CampaignOutcome outcome = CampaignOutcome::done;
  GoldenSummary golden;
  std::string report_path;  // "" for a golden-only run
  std::string metadata_path;
  std::string score_folder;  // "" when no scores were saved
  std::vector<BitGroupSummary> groups;
  int64_t faults = 0;
  double seconds = 0;
  // --dry-run
  std::string preprocessing;  // what is done to the images, and why
  double estimated_seconds = 0;
  uint64_t estimated_memory_bytes = 0, estimated_disk_bytes = 0;
  std::vector<std::string> would_write;
};

struct CampaignCallbacks {
  std::function<void(const std::string&)> message;  // one line each: what is being read, resumed, chosen
  std::function<void(const std::string&)> warning;  // one line each: what is probably not meant
  std::function<void(const GoldenSummary&)> golden;
  std::function<void(const Progress&)>
      progress;                             // at most some ten times a second, from one thread at a time
  const std::atomic<bool>* stop = nullptr;  // set by a signal handler: the run ends with Error(interrupted)
};

// Runs (or continues) the campaign. Throws tf_injector::Error and its children; what is already in the report
// stays valid.
CampaignResult run_campaign(const CampaignOptions& options, const CampaignCallbacks& callbacks);

// The summary table of a finished report: per bit group masked, non-critical, critical. Throws
// Error(bad_input).
[[nodiscard]] std::vector<BitGroupSummary> summarize_report(const std::string& report_path);

}  // namespace tf_injector
