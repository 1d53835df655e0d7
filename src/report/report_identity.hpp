// What a report is of: everything by which it is named, found again and told from reports of other runs.
#pragma once

#include <cstdint>
#include <span>

#include "report/report_names.hpp"
#include "report/run_metadata.hpp"
#include "tf_injector/fault.hpp"

namespace tf_injector {

struct ReportIdentity {
  ReportNames names;
  RunMetadata metadata;           // of a report that has not begun: 0 rows
  std::span<const Fault> faults;  // one per row, in the list's order; of the caller
  int64_t scores_per_image = 0;   // in score files: columns
};

}  // namespace tf_injector
