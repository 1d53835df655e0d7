// Identifies the run of a report: its names and all settings by which it is told from other reports.
#pragma once

#include <cstdint>
#include <span>

#include "report/report_names.hpp"
#include "report/run_metadata.hpp"
#include "tf_injector/fault.hpp"

namespace tf_injector::detail {

struct ReportIdentity {
  ReportNames names;
  RunMetadata metadata;           // of a new report, with 0 rows
  std::span<const Fault> faults;  // one per row, in the order of the list; owned by the caller
  int64_t scores_per_image = 0;   // columns of score files
};

}  // namespace tf_injector::detail
