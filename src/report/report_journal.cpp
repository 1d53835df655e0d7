#include "report/report_journal.hpp"

#include <fmt/format.h>

#include <utility>

#include "io/file.hpp"
#include "io/posix.hpp"
#include "report/csv_report.hpp"
#include "report/details_csv.hpp"
#include "report/score_files.hpp"
#include "tf_injector/error.hpp"

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

const char* cost_of_a_kill(WorkFile::Kind kind) {
  return kind == WorkFile::Kind::block ? "up to a block of work" : "the run without a fault";
}

std::string in_the_way(const std::string& path, WorkFile::Kind kind) {
  return fmt::format(
      "'{}' is not a file of this program: it is left alone, and a kill may cost {}, which would be kept in "
      "its place; move it away",
      path, cost_of_a_kill(kind));
}

}  // namespace

ReportJournal::ReportJournal(OpenedReport& opened, const RunMetadata& run)
    : paths_(opened.paths),
      file_(std::move(opened.file.value())),
      metadata_(run),
      before_{opened.metadata.seconds, opened.metadata.check},
      hash_(std::move(opened.hash)),
      details_(std::move(opened.details)),
      work_(WorkFile::Kind::block, paths_.metadata),
      golden_(WorkFile::Kind::golden, paths_.metadata),
      scores_(work_.path()),
      keeps_work_(work_.is_own()),
      keeps_scores_(scores_.is_own()),
      keeps_golden_(golden_.is_own()) {
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
    remove_work();
    golden_.remove();
  }
  const bool has_scores = metadata_.scores != score_mode_name(ScoreMode::none);
  if (!keeps_work_ || (has_scores && !keeps_scores_)) {
    warning_ = in_the_way(keeps_work_ ? scores_.path() : work_.path(), WorkFile::Kind::block);
  } else if (!keeps_golden_) {
    warning_ = in_the_way(golden_.path(), WorkFile::Kind::golden);
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
  remove_work();
  has_lost_scores_ = false;
}

void ReportJournal::remove_work() {
  work_.remove();  // first: it says what counts of the scores
  scores_.remove();
}

// Before anything is written by name: another run may have begun at this place, if ours was moved away.
void ReportJournal::require_own_files() const {
  file_.require_untouched();
  if (details_.file) details_.file->require_untouched();
}

void ReportJournal::keep_work(std::string_view work) {
  require_own_files();
  if (work.empty()) return remove_work();
  if (has_lost_scores_) return;
  try {
    scores_.sync();
  } catch (const OutputError& error) {
    return lose_scores(error);
  }
  try {
    work_.write(work_key(metadata_), scores_.state(), work);
  } catch (const OutputError& error) {
    warn_not_kept(WorkFile::Kind::block, error);
  }
}

std::string ReportJournal::kept_work(const Message& message) {
  KeptWork kept = work_.read(work_key(metadata_), message);
  if (!kept.note.empty() && !scores_.open(kept.note)) {
    work_.refuse(message, "its scores are missing or were changed");
    kept = {};
  }
  if (kept.work.empty()) scores_.remove();
  return std::move(kept.work);
}

void ReportJournal::keep_scores(std::string_view more) {
  if (!keeps_scores_ || has_lost_scores_) return;
  try {
    scores_.append(more);
  } catch (const OutputError& error) {
    lose_scores(error);
  }
}

// Those that come later in the block are of no use without them.
void ReportJournal::lose_scores(const OutputError& error) {
  remove_work();
  has_lost_scores_ = true;
  warn_not_kept(WorkFile::Kind::block, error);
}

void ReportJournal::warn_not_kept(WorkFile::Kind kind, const OutputError& error) {
  if (std::exchange(has_warned_, true)) return;
  warning_ = fmt::format("{}; the run goes on, but as long as that file cannot be written a kill may cost {}",
                         posix::without_remedy(error.what()), cost_of_a_kill(kind));
}

void ReportJournal::keep_golden(std::string_view golden) {
  if (!keeps_golden_) return;
  require_own_files();
  if (golden.empty()) return golden_.remove();
  try {
    golden_.write(golden_key(metadata_), "", golden);
  } catch (const OutputError& error) {
    warn_not_kept(WorkFile::Kind::golden, error);
  }
}

std::string ReportJournal::kept_golden(const Message& message) const {
  return keeps_golden_ ? golden_.read(golden_key(metadata_), message).work : "";
}

void ReportJournal::finish(const Spent& spent) {
  add_up(spent);
  metadata_.finished = true;
  write_metadata();
  remove_work();
  golden_.remove();
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
