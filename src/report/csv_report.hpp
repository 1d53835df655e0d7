// Writes the report as the Python tool's csv.writer does (lines end with CRLF), and reads it back.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tf_injector/fault_table.hpp"
#include "tf_injector/report.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector::detail {

// The lines of a report, each with its CRLF.
[[nodiscard]] std::string report_header();
[[nodiscard]] std::string golden_row(const Tally& tally);  // "GOLDEN,,,,10000,9148,9965,,,,\r\n"
[[nodiscard]] std::string fault_row(const Fault& fault, const Tally& tally);

// The most bytes that a fault's row, and a report of these faults, take.
[[nodiscard]] uint64_t most_row_bytes(const Fault& fault, int64_t images);
[[nodiscard]] uint64_t most_report_bytes(const FaultRows& faults, int64_t images);

// Of a report. Whatever is added up of its counts, in all rows of a file, then fits into an int64_t.
inline constexpr int64_t kMostReportImages = 1'000'000'000;

struct Report {
  Tally golden;  // images is 0 if the golden row is not complete
  std::vector<ReportRow> rows;
  size_t complete_bytes = 0;  // length of the complete lines; an incomplete last line may follow
};
// Reads a report back, strictly: every complete line must have the bytes that the functions above write, with
// consistent numbers (n_injections as in the golden row, derived columns as their counts say), and each
// inj_id must occur once. A last line without a line end is left out: the run was killed while it wrote it.
// Throws Error(bad_input) for the first other line: "label:line:column: what; expected ...; found ...".
[[nodiscard]] Report parse_report(std::string_view text, const std::string& label);
// The same of a report that must have its golden row and end with a whole line; others are refused too.
[[nodiscard]] FinishedReport parse_whole_report(std::string_view text, const std::string& label);

}  // namespace tf_injector::detail
