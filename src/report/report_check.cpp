#include "report/report_check.hpp"

#include <fmt/format.h>

#include "io/sha256.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr const char* kRemedy = "; move it away, or begin anew with `overwrite`";

[[noreturn]] void refuse(const std::string& label, const std::string& what) {
  throw Error(ErrorKind::resume, fmt::format("{}: {}{}", label, what, kRemedy));
}

std::string name_of(const Fault& fault) {
  if (fault.parts.empty()) return fmt::format("fault {} without a part", fault.id);
  const FaultPart& part = fault.parts.front();
  return fmt::format("{},{},\"{}\",{}", fault.id, part.layer, format_index(part.index), flipped_bit(fault));
}

Report parse_written(std::string_view text, const std::string& label) {
  try {
    return parse_report(text, label);
  } catch (const Error& error) {
    throw Error(ErrorKind::resume,
                fmt::format("{}; the report was changed after it was written{}", error.what(), kRemedy));
  }
}

// The part of the report that its metadata record.
Report recorded_report(std::string_view text, const std::string& label, const RunMetadata& metadata,
                       std::span<const Fault> faults) {
  if (text.size() < metadata.report_bytes) {
    refuse(label, fmt::format("{} bytes, its metadata speak of {}: the end is missing", text.size(),
                              metadata.report_bytes));
  }
  const std::string_view written = text.substr(0, metadata.report_bytes);
  Report report = parse_written(written, label);
  if (sha256_of(written.data(), written.size()) != metadata.report_sha256 ||
      report.complete_bytes != written.size() || static_cast<int64_t>(report.rows.size()) != metadata.rows) {
    refuse(label,
           fmt::format("the first {} bytes are not those that its metadata speak of: it was changed after "
                       "it was written",
                       written.size()));
  }
  const std::string foreign = foreign_row(report.rows, faults);
  if (!foreign.empty()) refuse(label, foreign);
  return report;
}

}  // namespace

std::string foreign_row(std::span<const ReportRow> rows, std::span<const Fault> faults) {
  if (rows.size() > faults.size())
    return fmt::format("{} faults in the report, {} in the list", rows.size(), faults.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].fault == faults[i]) continue;
    return fmt::format("row {} is not the list's; expected {}; found {}", i + 1, name_of(faults[i]),
                       name_of(rows[i].fault));
  }
  return "";
}

Report unfinished_report(std::string_view text, const std::string& label, const RunMetadata& metadata,
                         std::span<const Fault> faults) {
  {
    Report recorded = recorded_report(text, label, metadata, faults);
    if (text.size() == recorded.complete_bytes) return recorded;
  }  // given up, and read again where it is needed: rows are many
  try {
    Report whole = parse_report(text, label);
    if (foreign_row(whole.rows, faults).empty()) return whole;
  } catch (const Error&) {  // what follows the recorded part is not a row
  }
  return recorded_report(text, label, metadata, faults);
}

Report finished_report(std::string_view text, const std::string& label, const RunMetadata& metadata,
                       std::span<const Fault> faults) {
  Report report = recorded_report(text, label, metadata, faults);
  if (text.size() != report.complete_bytes || report.rows.size() != faults.size() ||
      report.golden.images == 0) {
    refuse(label, fmt::format("{} of {} faults and {} bytes, {} of them written by the run that finished it",
                              report.rows.size(), faults.size(), text.size(), report.complete_bytes));
  }
  return report;
}

void check_golden(const Report& report, const std::string& label, const Tally& golden) {
  if (report.golden.images == 0) return;
  const auto text = [](const Tally& tally) {
    return fmt::format("{} images, top 1 {}, top 5 {}", tally.images, tally.top_1_correct,
                       tally.top_5_correct);
  };
  if (golden_row(report.golden) == golden_row(golden)) return;
  refuse(label,
         fmt::format("the golden row differs: {} in the report, {} now", text(report.golden), text(golden)));
}

}  // namespace tf_injector::detail
