// Is a report that was begun earlier what its metadata say, and what this run would have written?
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/csv_report.hpp"
#include "report/run_metadata.hpp"

namespace tf_injector {

// The rows of an unfinished report that stay. What the metadata speak of must be there byte for byte, and its
// rows must be the first of `faults`. Behind it a run may have been killed while it appended a block: rows
// that are whole and right are kept, anything else (a torn line, what a power cut leaves) is left out, see
// complete_bytes. Throws Error(resume), saying what was found.
[[nodiscard]] Report unfinished_report(std::string_view text, const std::string& label,
                                       const RunMetadata& metadata, std::span<const Fault> faults);
// The same for a finished report: nothing may be missing, nothing may follow.
[[nodiscard]] Report finished_report(std::string_view text, const std::string& label,
                                     const RunMetadata& metadata, std::span<const Fault> faults);

// Throws Error(resume) when the golden row, if the report has one, is not what the golden run gives now.
void check_golden(const Report& report, const std::string& label, const Tally& golden);

}  // namespace tf_injector
