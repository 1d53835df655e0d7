// Summarises a report by the field of the stored weight (sign, exponent, mantissa) that the faults hit.
#pragma once

#include <span>
#include <vector>

#include "report/csv_report.hpp"
#include "tf_injector/report.hpp"
#include "tf_injector/storage.hpp"

namespace tf_injector::detail {

class GroupSummary {
 public:
  explicit GroupSummary(StorageFormat storage, std::span<const ReportRow> rows = {});
  void add(const Fault& fault, const Tally& tally);
  [[nodiscard]] const std::vector<BitGroupSummary>& groups() const noexcept { return groups_; }
  [[nodiscard]] int64_t critical() const noexcept;  // over all groups

 private:
  StorageFormat storage_;
  size_t fields_;  // of the format
  std::vector<BitGroupSummary>
      groups_;  // in the order of bit_groups; behind them faults that are no single flip, if there are any
};

}  // namespace tf_injector::detail
