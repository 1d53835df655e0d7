// What a campaign of drawn rows gives, compared with the report and its files.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "answers/verify/difference_list.hpp"
#include "answers/verify/expected_files.hpp"
#include "report/score_array.hpp"
#include "tf_injector/report.hpp"
#include "tf_injector/verify.hpp"

namespace tf_injector::detail {

class VerifySink final : public ReportSink {
 public:
  // `rows`: which rows of the report, which are those of `list`, the campaign's faults are, ascending.
  // `details`: null: there are none. All must outlive it. Counts what it has compared into `result`.
  VerifySink(const TextFile& report, const TextFile* details, const ScoreFolder& scores, FaultRows list,
             std::span<const int64_t> rows, Verification& result);

  void begin(const Tally& golden, std::span<const float> scores) override;
  void append(const RowBlock& block, const Spent& spent) override;
  // Of all rows so far, (classes, classes); empty where there are no details.
  [[nodiscard]] const std::vector<int64_t>& confusion() const noexcept { return confusion_; }

 private:
  void compare_scores(const std::string& path, const std::string& expected);
  void compare_fault_scores(const Fault& fault, std::span<const float> scores);
  void open_array(ScoreArray array);
  void compare_place(size_t place, std::span<const float> scores);

  const TextFile& report_;
  const TextFile* details_;
  const ScoreFolder& folder_;
  FaultRows list_;
  std::span<const int64_t> rows_;
  Verification& result_;
  DifferenceList differences_;
  size_t done_ = 0;
  int64_t images_ = 0;
  std::span<const float> golden_scores_;  // valid until the campaign ends
  std::optional<ScoreArray> array_;       // that can be compared
  std::vector<int64_t> confusion_;
};

}  // namespace tf_injector::detail
