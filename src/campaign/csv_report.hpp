// The report: bytes of the original's csv.writer (CRLF), and reading it back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "campaign/metrics.hpp"
#include "tf_injector/fault.hpp"

namespace tf_injector {

[[nodiscard]] std::string report_header();                     // with CRLF
[[nodiscard]] std::string golden_row(const Tally& tally);      // "GOLDEN,,,,10000,9148,9965,,,,\r\n"
[[nodiscard]] std::string fault_row(const Fault& fault, const Tally& tally);

struct ReportRow {
  Fault fault;
  Tally tally;
};
struct Report {
  Tally golden;
  std::vector<ReportRow> rows;
  size_t complete_bytes = 0;  // length up to the last complete row; a torn last line is behind it
};
// Throws Error(bad_input) naming line and column of what is no report.
[[nodiscard]] Report parse_report(std::string_view text, const std::string& label);

}  // namespace tf_injector
