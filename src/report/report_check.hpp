// Checks that an existing report agrees with its metadata and with what this run would write.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/csv_report.hpp"
#include "report/run_metadata.hpp"
#include "tf_injector/fault_table.hpp"

namespace tf_injector::detail {

// The rows of an unfinished report that can be kept: those that the metadata record, or, where a block was
// pending and all of it is there, those with it; then nothing is pending in `metadata` any more. Each is
// proven by its hash, and must be the first of `faults`. What a run left that was killed while it appended
// the block (a part of it, sectors that a power cut left unwritten) is not in `rows` and complete_bytes.
// Throws Error(resume), saying what was found: among others, more bytes than any run wrote, or a block that
// is complete but for what was changed in it.
[[nodiscard]] Report unfinished_report(std::string_view text, const std::string& label, RunMetadata& metadata,
                                       const FaultRows& faults);
// The same for a finished report, which must be complete; nothing may follow.
[[nodiscard]] Report finished_report(std::string_view text, const std::string& label,
                                     const RunMetadata& metadata, const FaultRows& faults);

// Whether a sector of a file, or what of it lies in `text`, is all zeros, as a power cut leaves it. `offset`:
// of the text in its file.
[[nodiscard]] bool has_unwritten_sector(std::string_view text, uint64_t offset) noexcept;
// "8 bytes behind row 4, the last that was written: ...", "rows 3 to 5 are not what its metadata announce:
// ...".
[[nodiscard]] std::string unknown_bytes_text(uint64_t bytes, int64_t last_row);
[[nodiscard]] std::string changed_rows_text(int64_t first, int64_t last);

// Describes the first row that is not the list's row of that place; "" if all are.
[[nodiscard]] std::string foreign_row(std::span<const ReportRow> rows, const FaultRows& faults);

// Throws Error(resume) if the report has a golden row that differs from the golden run of now.
void check_golden(const Report& report, const std::string& label, const Tally& golden);

}  // namespace tf_injector::detail
