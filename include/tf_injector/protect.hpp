// What protections of a network's weights would leave of its critical faults, from one campaign without any.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tf_injector/model.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector {

// The harm that is counted, a share of images; of the golden scores it is 0.
enum class ProtectMetric {
  critical,  // the decision is another one (SDC-1)
  sdc5,      // the golden decision is not among the first five classes
};
// "critical", "sdc5".
[[nodiscard]] std::string_view protect_metric_name(ProtectMetric metric) noexcept;

// Triple modular redundancy of some bits in some layers: three copies of each, of which two decide.
struct ChosenBits {
  std::vector<int> bits = {};            // empty: all
  std::vector<std::string> layers = {};  // empty: all
};

struct ProtectOptions {
  double confidence = 0.99;  // of each interval
  ProtectMetric metric = ProtectMetric::critical;
  // Rows besides the usual ones, each as `run --protect` has it: "tmr-bits=30,31", "tmr=LAYER,...",
  // "secded32", "secded64", "parity-zero", "clamp", "ranger", and "parity-reload"; with "+" between them
  // several together.
  std::vector<std::string> protections = {};
  std::vector<ChosenBits> chosen = {};  // more rows
  bool usual = true;                    // the usual rows too
  // Of the weights, where neither the metadata nor a model say it.
  StorageFormat storage = StorageFormat::float32;
};

// How many times fewer, with the interval that holds the population's: 1 is none fewer.
struct Reduction {
  double estimate = 1, low = 1, high = std::numeric_limits<double>::infinity();  // infinity: nothing is left
};

// A protection, and what it leaves.
struct ProtectionRow {
  std::string name = {};   // as ProtectOptions::protections have it; "none", "tmr-bits=30 in LAYER,..."
  std::string label = {};  // for readers: "TMR of bit 30"
  // What it takes for each weight of the population's layers; none: their sizes are not known.
  std::optional<double> bits_per_weight = {};
  std::string needs = {};   // besides these bits: "a copy to reload from"; "": nothing
  int64_t best_layers = 0;  // so many most critical layers are hardened; 0: layers are not chosen by rank
  std::vector<std::string> layers = {};  // these
  // "": the list tells what is left. Else why it does not, in one sentence; the rest is then empty.
  std::string not_known = {};
  bool is_exact = false;  // by definition nothing is left of single-bit flips

  OutcomeRate residual = {};
  Share removed = {};        // of all images, mean over the faults: unprotected - residual
  Share remaining = {};      // residual / unprotected
  Reduction reduction = {};  // unprotected / residual
  // Of a choice of layers: residual of the faults that chose them, too small where chance chose.
  std::optional<double> of_choosing_faults = {};
  std::optional<ReportRow> worst = {};  // the worst fault of the report that is not corrected; none: no harm
  double worst_share = 0;               // of the images
  bool on_front = false;                // no row that takes as few bits leaves less
};

struct ProtectionStudy {
  std::string report = {};   // path
  std::string model = {};    // the network's name; "": not known
  std::string dataset = {};  // "": not known
  double confidence = 0.99;
  ProtectMetric metric = ProtectMetric::critical;
  int64_t images = 0;
  int64_t faults = 0;                              // of the report, each bit once
  std::optional<int64_t> population = {};          // faults that there are
  std::optional<int64_t> weights = {};             // of the population's layers
  StorageFormat storage = StorageFormat::float32;  // of the weights
  SamplingDesign design = {};
  std::vector<std::string> remarks = {};  // what a reader must know before the numbers
  std::vector<std::string> notes = {};    // what the numbers do not say
  std::vector<ProtectionRow> rows = {};   // the first is without protection
};

// Of a finished report of single-bit flips, by its metadata, or with the model and, where it is given, the
// list's plan (SamplingPlan::json) instead of theirs. Throws Error(usage): an unknown protection or layer;
// Error(bad_input): as report_statistics, and lists of faults of another kind.
[[nodiscard]] ProtectionStudy protection_study(const std::string& path, const ProtectOptions& options = {});
[[nodiscard]] ProtectionStudy protection_study(const std::string& path, const Model& model,
                                               const std::string& plan, const ProtectOptions& options = {});

// The study as text, CSV, JSON, one self-contained HTML page, and the page's picture. The same bytes for the
// same study.
[[nodiscard]] std::string protection_text(const ProtectionStudy& study,
                                          const StatisticsTextOptions& options = {});
[[nodiscard]] std::string protection_csv(const ProtectionStudy& study);
[[nodiscard]] std::string protection_json(const ProtectionStudy& study);
[[nodiscard]] std::string protection_html(const ProtectionStudy& study);
[[nodiscard]] Picture protection_picture(const ProtectionStudy& study);  // cost against residual: "front"

// Files to write; "": not wanted.
struct ProtectionFiles {
  std::string html = {}, json = {}, csv = {}, svg = {};
  bool overwrite = false;  // replace files that are there
};
// As check_statistics_files and write_statistics.
void check_protection_files(const ProtectionFiles& files, const std::vector<std::string>& inputs);
std::vector<std::string> write_protection(const ProtectionStudy& study, const ProtectionFiles& files);

}  // namespace tf_injector
