#include "report/report_journal.hpp"

#include <utility>

#include "io/file.hpp"
#include "report/csv_report.hpp"
#include "report/details_csv.hpp"
#include "report/work_file.hpp"

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
      before_{opened.metadata.seconds, opened.metadata.check},
      hash_(std::move(opened.hash)),
      details_(std::move(opened.details)),
      work_path_(work_path_of(paths_.metadata)),
      keeps_work_(is_own_work_file(work_path_)) {
  metadata_.report = opened.metadata.report;
  metadata_.score_folder = opened.metadata.score_folder;
  metadata_.started = opened.metadata.started;
  metadata_.rows = opened.metadata.rows;
  metadata_.report_bytes = opened.metadata.report_bytes;
  metadata_.report_sha256 = opened.metadata.report_sha256;
  metadata_.pending = opened.metadata.pending;
  metadata_.details = opened.metadata.details;
  if (opened.state == ReportState::unfinished) {  // a killed run may have appended and not synced
    file_.sync();
    if (details_.file) details_.file->sync();
  } else {
    remove_work(work_path_);
  }
  add_up({});
  write_metadata();
}

void ReportJournal::begin(const Tally& golden) {
  if (file_.size() != metadata_.report_bytes) file_.truncate(metadata_.report_bytes);
  if (details_.file && details_.file->size() != metadata_.details->bytes)
    details_.file->truncate(metadata_.details->bytes);
  metadata_.pending.reset();
  if (metadata_.report_bytes > 0) return write_metadata();
  write({.text = report_header() + golden_row(golden), .details = details_.file ? details_header() : ""});
}

void ReportJournal::append(const RowBlock& block, const Spent& spent) {
  const std::span<const Fault> faults = block.faults;
  Addition addition{
      .text = joined_lines(faults.size(), [&](size_t i) { return fault_row(faults[i], block.tallies[i]); }),
      .details = {},
      .rows = faults.size()};
  if (details_.file) {
    addition.details =
        joined_lines(faults.size(), [&](size_t i) { return details_row(faults[i].id, block.details[i]); });
    addition.confusion = block.confusion;
  }
  add_up(spent);
  write(addition);
  if (keeps_work_) remove_work(work_path_);
}

// Before anything is written by name: another run may have begun at this place, if ours was moved away.
void ReportJournal::require_own_files() const {
  file_.require_untouched();
  if (details_.file) details_.file->require_untouched();
}

void ReportJournal::keep_work(std::string_view work) {
  require_own_files();
  if (work.empty()) return remove_work(work_path_);
  write_work(work_path_, work_key(metadata_), work);
}

std::string ReportJournal::kept_work(const Message& message) const {
  return read_work(work_path_, work_key(metadata_), message);
}

void ReportJournal::finish(const Spent& spent) {
  add_up(spent);
  metadata_.finished = true;
  write_metadata();
  if (keeps_work_) remove_work(work_path_);
}

// A row of the report is never without its details: those are on the disk first. What an interruption leaves
// of either is what the metadata announced, or a part of it, which the run that goes on cuts off.
void ReportJournal::write(const Addition& addition) {
  Sha256 hash = hash_;
  hash.update(addition.text.data(), addition.text.size());
  PendingBlock pending{.rows = metadata_.rows + static_cast<int64_t>(addition.rows),
                       .bytes = file_.size() + addition.text.size(),
                       .sha256 = hash.hex()};
  Sha256 details_hash = details_.hash;
  if (details_.file) {
    details_hash.update(addition.details.data(), addition.details.size());
    pending.details_bytes = details_.file->size() + addition.details.size();
    pending.details_sha256 = details_hash.hex();
    pending.confusion = metadata_.details->confusion;
    for (size_t i = 0; i < addition.confusion.size(); ++i) pending.confusion[i] += addition.confusion[i];
  }
  metadata_.pending = std::move(pending);
  write_metadata();
  if (details_.file) details_.file->append(addition.details);
  file_.append(addition.text);
  hash_ = std::move(hash);
  details_.hash = std::move(details_hash);
  take_pending(metadata_);
}

void ReportJournal::add_up(const Spent& spent) {
  metadata_.seconds = before_.seconds + spent.seconds;
  metadata_.check = before_.check;
  metadata_.check += spent.check;
}

void ReportJournal::write_metadata() {
  require_own_files();
  metadata_.updated = utc_now();
  write_atomic(paths_.metadata, metadata_text(metadata_));
}

}  // namespace tf_injector::detail
