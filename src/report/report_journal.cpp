#include "report/report_journal.hpp"

#include <utility>

#include "io/file.hpp"
#include "report/csv_report.hpp"
#include "report/details_csv.hpp"

namespace tf_injector::detail {
namespace {

// line(0), line(1), ... one behind the other.
template <typename Line>
std::string joined_lines(size_t count, const Line& line) {
  size_t bytes = 0;  // found first: a text that grows would be held twice
  for (size_t i = 0; i < count; ++i) bytes += line(i).size();
  std::string text;
  text.reserve(bytes);
  for (size_t i = 0; i < count; ++i) text += line(i);
  return text;
}

}  // namespace

ReportJournal::ReportJournal(OpenedReport& opened, const RunMetadata& run)
    : paths_(opened.paths),
      file_(std::move(opened.file.value())),
      metadata_(run),
      kept_bytes_(opened.content.golden.images > 0 ? opened.content.complete_bytes : 0),
      before_{opened.metadata.seconds, opened.metadata.check},
      hash_(std::move(opened.hash)),
      details_(std::move(opened.details)) {
  metadata_.report = opened.metadata.report;
  metadata_.score_folder = opened.metadata.score_folder;
  metadata_.started = opened.metadata.started;
  metadata_.rows = opened.metadata.rows;
  metadata_.report_bytes = opened.metadata.report_bytes;
  metadata_.report_sha256 = opened.metadata.report_sha256;
  metadata_.details = opened.metadata.details;
  add_up({});
  write_metadata();
  metadata_.rows = static_cast<int64_t>(opened.content.rows.size());
}

void ReportJournal::begin(const Tally& golden) {
  if (file_.size() != kept_bytes_) file_.truncate(kept_bytes_);
  if (details_.file) {
    const uint64_t kept = metadata_.details->bytes;
    if (details_.file->size() != kept) details_.file->truncate(kept);
    if (kept == 0) write_details(details_header());
  }
  write(kept_bytes_ == 0 ? report_header() + golden_row(golden) : "", 0);
}

void ReportJournal::append(const RowBlock& block, const Spent& spent) {
  const std::span<const Fault> faults = block.faults;
  const std::string text =
      joined_lines(faults.size(), [&](size_t i) { return fault_row(faults[i], block.tallies[i]); });
  std::string details;
  if (details_.file) {
    details =
        joined_lines(faults.size(), [&](size_t i) { return details_row(faults[i].id, block.details[i]); });
    std::vector<int64_t>& confusion = metadata_.details->confusion;
    for (size_t i = 0; i < confusion.size(); ++i) confusion[i] += block.confusion[i];
  }
  add_up(spent);
  write(text, faults.size(), details);
}

void ReportJournal::finish(const Spent& spent) {
  add_up(spent);
  metadata_.finished = true;
  write_metadata();
}

// A row of the report is never without its details: those are on the disk first. What an interruption leaves
// of either beyond the metadata is cut off by the run that goes on.
void ReportJournal::write(const std::string& text, size_t rows, const std::string& details) {
  if (!details.empty()) write_details(details);
  if (!text.empty()) file_.append(text);
  hash_.update(text.data(), text.size());
  metadata_.rows += static_cast<int64_t>(rows);
  metadata_.report_bytes = file_.size();
  metadata_.report_sha256 = hash_.hex();
  write_metadata();
}

void ReportJournal::write_details(const std::string& text) {
  details_.file->append(text);
  details_.hash.update(text.data(), text.size());
  metadata_.details->bytes = details_.file->size();
  metadata_.details->sha256 = details_.hash.hex();
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
