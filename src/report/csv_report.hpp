// The report: bytes of the original's csv.writer (CRLF), and reading it back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tf_injector/fault.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector {

// The lines of a report, each with its CRLF.
[[nodiscard]] std::string report_header();
[[nodiscard]] std::string golden_row(const Tally& tally);  // "GOLDEN,,,,10000,9148,9965,,,,\r\n"
[[nodiscard]] std::string fault_row(const Fault& fault, const Tally& tally);

struct ReportRow {
  Fault fault;
  Tally tally;
};
struct Report {
  Tally golden;  // images is 0 when not even the golden row is complete
  std::vector<ReportRow> rows;
  size_t complete_bytes = 0;  // length up to the last complete row; a torn last line is behind it
};
// Reads a report back, strictly: every complete line must hold the bytes that the functions above write, with
// numbers that agree (n_injections of the golden row, non_critical and critical of the others) and each
// inj_id once. A last line without its line end was torn when a run was killed and is left out. Throws
// Error(bad_input): "label:line:column: what; expected ...; found ..." for the first line that is no such
// line.
[[nodiscard]] Report parse_report(std::string_view text, const std::string& label);

}  // namespace tf_injector
