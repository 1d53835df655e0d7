#include "report/report_journal.hpp"

#include <utility>

#include "io/file.hpp"
#include "report/csv_report.hpp"

namespace tf_injector::detail {

ReportJournal::ReportJournal(OpenedReport& opened, const RunMetadata& run)
    : paths_(opened.paths),
      file_(std::move(opened.file.value())),
      metadata_(run),
      kept_bytes_(opened.content.golden.images > 0 ? opened.content.complete_bytes : 0),
      before_{opened.metadata.seconds, opened.metadata.check},
      hash_(std::move(opened.hash)) {
  metadata_.report = opened.metadata.report;
  metadata_.score_folder = opened.metadata.score_folder;
  metadata_.started = opened.metadata.started;
  metadata_.rows = opened.metadata.rows;
  metadata_.report_bytes = opened.metadata.report_bytes;
  metadata_.report_sha256 = opened.metadata.report_sha256;
  add_up({});
  write_metadata();
  metadata_.rows = static_cast<int64_t>(opened.content.rows.size());
}

void ReportJournal::begin(const Tally& golden) {
  if (file_.size() != kept_bytes_) file_.truncate(kept_bytes_);
  write(kept_bytes_ == 0 ? report_header() + golden_row(golden) : "", 0);
}

void ReportJournal::append(std::span<const Fault> faults, std::span<const Tally> tallies,
                           const Spent& spent) {
  size_t bytes = 0;  // found first: a text that grows would be held twice
  for (size_t i = 0; i < faults.size(); ++i) bytes += fault_row(faults[i], tallies[i]).size();
  std::string text;
  text.reserve(bytes);
  for (size_t i = 0; i < faults.size(); ++i) text += fault_row(faults[i], tallies[i]);
  add_up(spent);
  write(text, faults.size());
}

void ReportJournal::finish(const Spent& spent) {
  add_up(spent);
  metadata_.finished = true;
  write_metadata();
}

void ReportJournal::write(const std::string& text, size_t rows) {
  if (!text.empty()) file_.append(text);
  hash_.update(text.data(), text.size());
  metadata_.rows += static_cast<int64_t>(rows);
  metadata_.report_bytes = file_.size();
  metadata_.report_sha256 = hash_.hex();
  write_metadata();
}

void ReportJournal::add_up(const Spent& spent) {
  metadata_.seconds = before_.seconds + spent.seconds;
  metadata_.check = before_.check;
  metadata_.check += spent.check;
}

void ReportJournal::write_metadata() {
  metadata_.updated = utc_now();
  write_atomic(paths_.metadata, metadata_text(metadata_));
}

}  // namespace tf_injector::detail
