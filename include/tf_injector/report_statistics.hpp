// What a finished report says of its network: rates of outcomes with intervals, by layer and by bit.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tf_injector/model.hpp"
#include "tf_injector/report.hpp"
#include "tf_injector/storage.hpp"

namespace tf_injector {

// A share between 0 and 1, with the interval that holds the population's at the stated confidence.
struct Share {
  double estimate = 0, low = 0, high = 1;
};

enum class Outcome { critical, non_critical, masked, top_1_correct, top_5_correct, top_5_robust };
inline constexpr size_t kOutcomes = 6;
struct OutcomeName {
  std::string_view key;    // in JSON: "non_critical"
  std::string_view label;  // for readers: "non-critical"
};
[[nodiscard]] const OutcomeName& outcome_name(Outcome outcome) noexcept;
// Images of the fault that had the outcome. Signed: non_critical can be -1 where golden scores tie.
[[nodiscard]] int64_t outcome_images(const Tally& tally, Outcome outcome) noexcept;

// Two questions that are kept apart.
struct OutcomeRate {
  Share images;  // mean over the faults of the share of images that have the outcome
  Share faults;  // share of the faults that have it on at least one image
};

// A part of the network's faults.
struct StatisticsDomain {
  std::string layer = {};                          // as the report names it; "": all layers
  int bit_first = 0, bit_last = 31;                // all of these
  StorageFormat storage = StorageFormat::float32;  // whose bits these are
  std::optional<int64_t> population = {};          // faults that there are; none: not known
  int64_t faults = 0;                              // of them in the report
  std::array<OutcomeRate, kOutcomes> rates = {};

  [[nodiscard]] const OutcomeRate& operator[](Outcome outcome) const {
    return rates[static_cast<size_t>(outcome)];
  }
};

// How the faults of a report came to be chosen, as far as it is known.
struct SamplingDesign {
  std::string scheme = {};                            // of sampling_scheme_name(); "": not known
  std::string source = {};                            // where that is known from: one sentence
  std::optional<double> error = {}, confidence = {};  // that were planned
  std::optional<int64_t> seed = {};
};

// Of the network's critical rate.
struct MarginStatistics {
  double planned = 0;             // 0: none is known
  double achieved = 0;            // half the width of the interval
  double wanted = 0;              // 0: nobody asked
  int64_t faults_for_wanted = 0;  // about so many of the same design, in all; 0: nobody asked
};

// A value that stands in a report's metadata, for its readers: {"model SHA-256", "5e0c..."}.
struct ProvenanceItem {
  std::string name, value;
};

// A class that changed decisions went to.
struct FlippedClass {
  int64_t class_number = 0;
  int64_t faults = 0;  // most of whose changed decisions went to this class
  int64_t images = 0;  // of these faults: decisions that went there
};

// What a details file (`run --details`) says beyond the report.
struct DetailStatistics {
  std::string path = {};
  int64_t faults = 0;             // rows of the file
  int64_t nan_faults = 0;         // with a NaN among the scores of some image
  int64_t inf_faults = 0;         // with an infinity
  int64_t fixed = 0, broken = 0;  // pairs of fault and image: wrong before and right now, and the reverse
  int64_t flips = 0;              // pairs whose decision changed
  int64_t sdc10pct = 0, sdc20pct = 0;      // pairs whose confidence changed by more than 10 %, 20 %
  std::vector<FlippedClass> classes = {};  // those that faults went to, by their faults, the most first
  // Pairs whose decision changed by the golden run's class and the class gone to, (class_count, class_count);
  // empty where it is not known.
  int64_t class_count = 0;
  std::vector<int64_t> confusion = {};
};

constexpr double kMostFitPerMbit = 1e15;  // every bit flips once an hour

struct ReportStatisticsOptions {
  double confidence = 0.99;  // of each interval
  std::optional<double> fit_per_mbit =
      {};  // raw failures in 10^9 hours of a million bits; to kMostFitPerMbit
  std::optional<double> wanted_margin = {};
  size_t worst = 20;  // faults that are listed
  // Of the weights, where neither the metadata nor a model say it.
  StorageFormat storage = StorageFormat::float32;
  // Also what detail_statistics gives of this path. Nothing: no details.
  std::optional<std::string> details = {};
};

struct ReportStatistics {
  std::string report = {};   // path
  std::string model = {};    // the network's name, "ResNet20": of its file, without a suffix; "": not known
  std::string dataset = {};  // "CIFAR10"; "": not known
  double confidence = 0.99;
  int64_t images = 0;
  int64_t classes = 0;  // 0: not known
  Tally golden = {};
  SamplingDesign design = {};
  std::vector<std::string> remarks = {};  // what a reader must know before the numbers: one sentence each
  StatisticsDomain network = {};
  std::vector<StatisticsDomain> layers =
      {};                                   // in the order of the model; where it is not known, of the report
  std::vector<StatisticsDomain> bits = {};  // those that the report has, from the highest down
  std::vector<StatisticsDomain> fields = {};  // sign, exponent, mantissa: bit_groups
  std::vector<StatisticsDomain> cells = {};   // layer x bit: by layer, then by bit from the highest down
  // Faults by their share of critical images: none at all, then up to 5 %, 10 %, ..., 100 %.
  std::array<int64_t, 21> distribution = {};
  std::vector<ReportRow> worst = {};  // the most critical faults first
  MarginStatistics margin = {};
  std::optional<Share> fit = {};  // of the network: critical failures in 10^9 hours
  std::optional<DetailStatistics> details = {};
  std::vector<ProvenanceItem> provenance = {};
};

// Of a report on the disk: its metadata (`path` without .csv, plus .run.json) say how its list was drawn and
// how large the layers are. Throws Error(bad_input): no report, unfinished, or metadata that are none.
[[nodiscard]] ReportStatistics report_statistics(const std::string& path,
                                                 const ReportStatisticsOptions& options = {});
// The same with the model and, where it is given, the list's plan (SamplingPlan::json) instead of the
// metadata's. Throws Error(bad_input) also where the metadata name another model.
[[nodiscard]] ReportStatistics report_statistics(const std::string& path, const Model& model,
                                                 const std::string& plan,
                                                 const ReportStatisticsOptions& options = {});

// In which format the weights of the report's model are stored, by its metadata; nothing: it has none. Throws
// Error(bad_input): metadata that are none.
[[nodiscard]] std::optional<StorageFormat> storage_of_report(const std::string& path);

// Of a details file and the report that it belongs to; path "": of the file that the report's metadata name,
// nothing where there is none. Throws Error(bad_input): no such file, or rows that are not the report's.
[[nodiscard]] std::optional<DetailStatistics> detail_statistics(const std::string& path,
                                                                const std::string& report);

struct StatisticsTextOptions {
  int columns = 80;    // that lines may take; 60 at least
  bool color = false;  // headings and the largest rates stand out by escape sequences
};
// The statistics as text, as JSON, as one self-contained HTML page, and as SVG pictures. The same bytes for
// the same statistics.
[[nodiscard]] std::string statistics_text(const ReportStatistics& statistics,
                                          const StatisticsTextOptions& options = {});
[[nodiscard]] std::string statistics_json(const ReportStatistics& statistics);
[[nodiscard]] std::string statistics_html(const ReportStatistics& statistics);
struct Picture {
  std::string name;  // "heatmap", "bits", "layers", "distribution"; with details "classes", "confusion"
  std::string svg;   // stands alone
};
[[nodiscard]] std::vector<Picture> statistics_pictures(const ReportStatistics& statistics);

// Files to write; "": not wanted.
struct StatisticsFiles {
  std::string html = {}, json = {};
  std::string svg_folder = {};  // <name>.svg for each picture
  bool overwrite = false;       // replace files that are there
};
// What would keep the files from being written, as far as it is known before there are statistics. `inputs`:
// files that none of them may replace. Throws Error(usage): two of them, or one and an input, are the same;
// OutputError: is there already and `overwrite` is false.
void check_statistics_files(const StatisticsFiles& files, const std::vector<std::string>& inputs);
// Checks, then writes them: each is there whole or not at all. Returns their paths. Throws as the check, and
// OutputError.
std::vector<std::string> write_statistics(const ReportStatistics& statistics, const StatisticsFiles& files);

}  // namespace tf_injector
