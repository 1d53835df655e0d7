// A report in memory, and as what Python makes a Report of.
#pragma once

#include <nanobind/nanobind.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tf_injector/fault_details.hpp"
#include "tf_injector/report.hpp"

namespace tf_injector::detail::python {

// The mode of this name. Throws Error(usage).
[[nodiscard]] ScoreMode score_mode(const std::string& name);

// Rows and scores in memory. In mode `changed` only rows that differ from the golden ones are kept.
class RowSink final : public ReportSink {
 public:
  // Rows of images whose scores differ from the golden ones in some bit.
  struct ChangedRows {
    std::vector<int64_t> images;
    std::vector<float> scores;
  };

  RowSink(ScoreMode mode, bool has_details) : mode_(mode), has_details_(has_details) {}

  void begin(const Tally& golden, std::span<const float> scores) override;
  void append(const RowBlock& block, const Spent& spent) override;

  ScoreMode mode_;
  bool has_details_;
  Tally golden_;
  std::vector<ReportRow> rows_;
  std::vector<float> golden_scores_;  // (images, scores of an image)
  std::vector<ChangedRows> changed_;  // one per row
  std::vector<std::vector<float>> all_;
  std::vector<DetailsRow> details_;
  std::vector<int64_t> confusion_;  // (classes, classes), or empty

 private:
  [[nodiscard]] ChangedRows changed_rows(const std::vector<float>& scores) const;
};

// {"golden": counts, "ids", "layers", "indices", "bits", "counts": (rows, columns)}
[[nodiscard]] nanobind::dict report_dict(const Tally& golden, std::span<const ReportRow> rows);
// {"inj_id": (rows), ...}: an array for each column of the file. majority_class is -1 where there is none.
[[nodiscard]] nanobind::dict details_dict(std::span<const DetailsRow> rows);
// All that the sink has; its scores and details are moved into arrays.
[[nodiscard]] nanobind::dict result_dict(RowSink& sink, size_t scores_per_image, size_t classes);

}  // namespace tf_injector::detail::python
