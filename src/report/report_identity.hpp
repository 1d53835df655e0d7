// Identifies the run of a report: its names and all settings by which it is told from other reports.
#pragma once

#include <cstdint>

#include "report/report_names.hpp"
#include "report/run_metadata.hpp"
#include "tf_injector/fault_table.hpp"

namespace tf_injector::detail {

struct ReportIdentity {
  ReportNames names;
  RunMetadata metadata;          // of a new report, with 0 rows
  FaultRows faults;              // one per row, in the order of the list; owned by the caller
  int64_t scores_per_image = 0;  // columns of score files
};

}  // namespace tf_injector::detail
