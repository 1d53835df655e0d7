#include "report/report_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/printable.hpp"
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
  return fmt::format("{},{},\"{}\",{}", fault.id, printable(layers_text(fault)), indices_text(fault),
                     bits_text(fault));
}

// Of a block; the one of the golden row has no rows.
std::string rows_text(int64_t first, int64_t last) {
  if (last < first) return "header and golden row are";
  return last == first ? fmt::format("row {} is", first) : fmt::format("rows {} to {} are", first, last);
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
                       const FaultRows& faults) {
  if (text.size() < metadata.report_bytes) {
    refuse(label,
           fmt::format("{} bytes, its metadata speak of {}: it was cut or changed after it was written",
                       text.size(), metadata.report_bytes));
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

std::string foreign_row(std::span<const ReportRow> rows, const FaultRows& faults) {
  if (rows.size() > faults.size())
    return fmt::format("{} faults in the report, {} in the list", rows.size(), faults.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const Fault fault = faults[i];
    if (is_printed_alike(rows[i].fault, fault) && (!fault.image || rows[i].tally.images == 1)) continue;
    return fmt::format("row {} is not the list's; expected {}; found {}", i + 1, name_of(faults[i]),
                       name_of(rows[i].fault));
  }
  return "";
}

// Version 0.1.0 said nothing of the block that it appended: whatever is there is cut off and computed again.
Report unfinished_report(std::string_view text, const std::string& label, RunMetadata& metadata,
                         const FaultRows& faults) {
  if (!metadata.names_pending || text.size() <= metadata.report_bytes)
    return recorded_report(text, label, metadata, faults);
  const PendingBlock last =
      metadata.pending.value_or(PendingBlock{.rows = metadata.rows, .bytes = metadata.report_bytes});
  if (text.size() > last.bytes) {
    refuse(label, unknown_bytes_text(text.size() - last.bytes, last.rows));
  }
  if (text.size() < last.bytes ||
      has_unwritten_sector(text.substr(metadata.report_bytes), metadata.report_bytes))
    return recorded_report(text, label, metadata, faults);
  if (sha256_of(text.data(), text.size()) != last.sha256) {
    static_cast<void>(recorded_report(text, label, metadata, faults));  // what it records may be what changed
    refuse(label, changed_rows_text(metadata.rows + 1, last.rows));
  }
  take_pending(metadata);
  return recorded_report(text, label, metadata, faults);
}

bool has_unwritten_sector(std::string_view text, uint64_t offset) noexcept {
  constexpr uint64_t kSector = 512;
  while (!text.empty()) {
    const uint64_t size = std::min<uint64_t>(kSector - offset % kSector, text.size());
    if (text.substr(0, size).find_first_not_of('\0') == std::string_view::npos) return true;
    text.remove_prefix(size);
    offset += size;
  }
  return false;
}

std::string unknown_bytes_text(uint64_t bytes, int64_t last_row) {
  return fmt::format("{} bytes behind row {}, the last that was written: it was changed after it was written",
                     bytes, last_row);
}

std::string changed_rows_text(int64_t first, int64_t last) {
  return fmt::format("{} not what its metadata announce: it was changed after it was written",
                     rows_text(first, last));
}

Report finished_report(std::string_view text, const std::string& label, const RunMetadata& metadata,
                       const FaultRows& faults) {
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
