// Checks that an existing report agrees with its metadata and with what this run would write.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/csv_report.hpp"
#include "report/run_metadata.hpp"

namespace tf_injector::detail {

// The rows of an unfinished report that can be kept. The part that the metadata record must be unchanged,
// byte for byte, and its rows must be the first of `faults`. After it a run may have been killed while it
// appended a block: valid rows are kept, and the rest (an incomplete line, the remains of a power cut) is
// left out of `rows` and complete_bytes. Throws Error(resume), saying what was found.
[[nodiscard]] Report unfinished_report(std::string_view text, const std::string& label,
                                       const RunMetadata& metadata, std::span<const Fault> faults);
// The same for a finished report, which must be complete; nothing may follow.
[[nodiscard]] Report finished_report(std::string_view text, const std::string& label,
                                     const RunMetadata& metadata, std::span<const Fault> faults);

// Describes the first row that is not the list's row of that place; "" if all are.
[[nodiscard]] std::string foreign_row(std::span<const ReportRow> rows, std::span<const Fault> faults);

// Throws Error(resume) if the report has a golden row that differs from the golden run of now.
void check_golden(const Report& report, const std::string& label, const Tally& golden);

}  // namespace tf_injector::detail
