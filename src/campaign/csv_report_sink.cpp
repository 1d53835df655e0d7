// CsvReport: the files of a campaign's report, behind the interface that a campaign writes to.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

#include "campaign/campaign_state.hpp"
#include "campaign/run_identity.hpp"
#include "core/message.hpp"
#include "core/parallel.hpp"
#include "core/stop.hpp"
#include "io/posix.hpp"
#include "io/temporary_file.hpp"
#include "report/csv_report.hpp"
#include "report/details_csv.hpp"
#include "report/report_check.hpp"
#include "report/report_journal.hpp"
#include "report/report_open.hpp"
#include "report/score_array.hpp"
#include "report/score_files.hpp"
#include "report/score_log.hpp"
#include "report/work_file.hpp"
#include "session/guarded.hpp"
#include "tf_injector/campaign.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/report.hpp"

namespace tf_injector {

using namespace detail;

struct CsvReport::State {
  const Campaign::State* campaign = nullptr;
  ReportIdentity identity;
  ReportRequest request;
  OpenedReport opened;  // what the report had when it was opened
  std::optional<ReportJournal> journal;
  std::optional<ScoreFiles> files;
  std::optional<ScoreArray> array;            // instead of them, in mode `one`
  std::span<const float> golden_scores = {};  // while a campaign runs
  bool has_begun = false;                     // a run has written since it was opened
  std::string work = {}, golden = {};         // that were kept: of the block that comes next; of all blocks

  [[nodiscard]] bool is_finished() const { return opened.state == ReportState::finished; }
  [[nodiscard]] bool has_scores() const { return request.scores != ScoreMode::none; }
  [[nodiscard]] bool has_details() const { return !request.details.empty(); }
  [[nodiscard]] const std::vector<ReportRow>& rows() const { return opened.content.rows; }
  [[nodiscard]] size_t faults_left() const { return identity.faults.size() - rows().size(); }

  void open(const Message& say) {
    opened = open_report(identity, request, say);
    files.emplace(opened.paths.scores, request.scores, identity.metadata.images, identity.scores_per_image);
    if (request.scores == ScoreMode::one) {
      array.emplace(opened.paths.scores, identity.faults, identity.metadata.images,
                    identity.scores_per_image);
    }
    say_found(say);
    if (request.dry_run) return;
    remove_abandoned_files(posix::folder_of(opened.paths.report), false);
    // The folder of scores is this report's alone, which is locked unless it is finished.
    if (has_scores()) remove_abandoned_files(opened.paths.scores, !is_finished());
    if (is_finished()) return remove_kept();
    files->require_space(faults_left());
    files->prepare();
    journal.emplace(opened, identity.metadata);
    work = journal->keeps_work() ? journal->kept_work(say) : "";
    golden = journal->kept_golden(say);
    if (has_details() && identity.metadata.classes > kMostConfusionClasses) {
      say(fmt::format(
          "{} classes: the metadata have no table of the classes that decisions changed to (up to {})",
          identity.metadata.classes, kMostConfusionClasses));
    }
  }
  // A run that was killed when it was done may have left them.
  void remove_kept() const {
    for (const WorkFile::Kind kind : {WorkFile::Kind::block, WorkFile::Kind::golden})
      WorkFile(kind, opened.paths.metadata).remove();
    ScoreLog(WorkFile(WorkFile::Kind::block, opened.paths.metadata).path()).remove();
  }
  // What a run has written is read again, as by another process that goes on with it.
  void open_again() {
    journal.reset();
    opened.file.reset();
    opened.details = {};
    opened.content = {};
    request.path = opened.paths.report;
    request.overwrite = false;
    open(or_silent({}));
    has_begun = false;
  }
  void say_found(const Message& say) const {
    const size_t all = identity.faults.size();
    const bool is_fresh = opened.state == ReportState::fresh;
    const std::string& report = opened.paths.report;
    if (request.dry_run) {
      if (!is_fresh) say(fmt::format("{} has {} of {} faults already", report, rows().size(), all));
    } else if (is_finished()) {
      say(fmt::format("{} is finished already", report));
    } else if (is_fresh) {
      say(fmt::format("the report is {}", report));
    } else {
      say(fmt::format("going on with {}: {} of {} faults are in it", report, rows().size(), all));
    }
  }
  // Throws unless work is kept.
  ReportJournal& keeping() {
    if (!journal || is_finished() || !journal->keeps_work()) {
      throw Error(ErrorKind::usage,
                  fmt::format("{}: no run writes to this report now, or work on it is not kept",
                              opened.paths.report));
    }
    return *journal;
  }
  // Throws unless a run may begin, or has begun, to write.
  ReportJournal& writable(bool begun) {
    if (!journal || is_finished() || has_begun != begun) {
      throw Error(
          ErrorKind::usage,
          fmt::format("{}: no run writes to this report now; it is written by the `run` of its campaign",
                      opened.paths.report));
    }
    return *journal;
  }
};

CsvReport::CsvReport(const Campaign& campaign, const ReportOptions& options,
                     const std::function<void(const std::string&)>& message)
    : state_(std::make_unique<State>()) {
  if (!campaign.faults())
    throw Error(ErrorKind::usage, "a report has the rows of a `fault_list`: one is required");
  if (!options.details_path.empty() && !campaign.options().details)
    throw Error(ErrorKind::usage, "`details` are counted only where the campaign's options ask for them");
  state_->campaign = &campaign.state();
  state_->identity = identity_of(campaign, options);
  state_->request = report_request(campaign, options);
  guarded([&] { state_->open(or_silent(message)); });
}

CsvReport::~CsvReport() = default;

void CsvReport::open(const Campaign& campaign) {
  const auto refuse = [&](const char* what) {
    throw Error(ErrorKind::usage, fmt::format("{}: {}", path(), what));
  };
  if (&campaign.state() != state_->campaign)
    refuse("is the report of another campaign; expected one that was made with the campaign that runs");
  if (state_->request.dry_run) refuse("was opened with `dry_run`, so that no run can write to it");
  if (state_->has_begun) state_->open_again();
}

bool CsvReport::is_finished() const noexcept { return state_->is_finished(); }

std::optional<Tally> CsvReport::golden_before() const {
  const Tally& golden = state_->opened.content.golden;
  if (golden.images == 0) return std::nullopt;
  return golden;
}

const std::string& CsvReport::path() const noexcept { return state_->opened.paths.report; }
const std::string& CsvReport::metadata_path() const noexcept { return state_->opened.paths.metadata; }
std::string CsvReport::score_folder() const {
  return !state_->has_scores() ? "" : state_->opened.paths.scores;
}

std::string CsvReport::details_path() const { return state_->opened.paths.details; }

int64_t CsvReport::rows() const noexcept {
  return state_->journal ? state_->journal->rows() : static_cast<int64_t>(state_->rows().size());
}

std::vector<std::string> CsvReport::would_write() const {
  if (is_finished()) return {};
  std::vector<std::string> paths{path(), metadata_path()};
  if (state_->has_details()) paths.push_back(details_path());
  if (!state_->has_scores()) return paths;
  if (state_->array) {
    paths.push_back(state_->array->path());
    paths.push_back(state_->array->index_path());
    return paths;
  }
  paths.push_back(state_->files->golden_path());
  const size_t left = state_->faults_left();
  if (left == 0) return paths;
  const Fault& next = state_->identity.faults[state_->rows().size()];
  const std::string first = state_->files->fault_path(next.id);
  paths.push_back(left == 1 ? first : fmt::format("{} and {} more of its kind", first, left - 1));
  return paths;
}

uint64_t CsvReport::would_write_bytes() const {
  if (is_finished()) return 0;
  uint64_t bytes = most_report_bytes(state_->identity.faults.subspan(state_->rows().size()),
                                     state_->identity.metadata.images);
  if (state_->has_scores()) bytes += state_->files->disk_bytes(state_->faults_left());
  if (state_->has_details()) {
    bytes += most_details_bytes(state_->identity.faults.subspan(state_->rows().size()),
                                state_->identity.metadata.images);
  }
  return bytes;
}

std::span<const ReportRow> CsvReport::rows_before() const { return state_->rows(); }

void CsvReport::begin(const Tally& golden, std::span<const float> scores) {
  ReportJournal& journal = state_->writable(false);
  check_golden(state_->opened.content, path(), golden);
  state_->has_begun = true;
  state_->golden_scores = scores;
  if (state_->array) {
    state_->array->begin(scores, state_->rows().size());
  } else {
    state_->files->write_golden(scores);
  }
  journal.begin(golden);
}

// Scores are on the disk before their rows.
void CsvReport::append(const RowBlock& block, const Spent& spent) {
  ReportJournal& journal = state_->writable(true);
  if (state_->array) {
    const size_t first = static_cast<size_t>(journal.rows()) + 1;
    parallel_for(block.faults.size(), block.threads, [&](size_t fault, int) {
      check_stop(block.stop);
      state_->array->write(first + fault, block.scores[fault]);
    });
    state_->array->sync();
  } else if (state_->has_scores()) {
    std::atomic<bool> was_there{false};
    parallel_for(block.faults.size(), block.threads, [&](size_t fault, int) {
      check_stop(block.stop);
      if (!state_->files->write_fault(block.faults[fault].id, block.scores[fault], state_->golden_scores))
        was_there = true;
    });
    if (was_there) state_->files->sync_names();
  }
  journal.append(block, spent);
}

void CsvReport::finish(const Spent& spent) {
  state_->writable(true).finish(spent);
  state_->opened.state = ReportState::finished;
}

bool CsvReport::keeps_work() const noexcept {
  return state_->journal && !is_finished() && state_->journal->keeps_work();
}
bool CsvReport::keeps_scores() const noexcept { return keeps_work() && state_->journal->keeps_scores(); }
void CsvReport::keep_work(std::string_view work) { state_->keeping().keep_work(work); }
void CsvReport::keep_scores(std::string_view more) { state_->keeping().keep_scores(more); }
void CsvReport::keep_golden(std::string_view golden) { state_->keeping().keep_golden(golden); }
std::string CsvReport::kept_work() { return std::exchange(state_->work, {}); }
size_t CsvReport::kept_scores(std::span<char> to) { return state_->keeping().kept_scores(to); }
std::string CsvReport::kept_golden() { return std::exchange(state_->golden, {}); }
std::string CsvReport::keep_warning() { return state_->journal ? state_->journal->keep_warning() : ""; }

struct GoldenScoreFolder::State {
  ScoreFiles files;
  std::optional<ScoreArray> array;  // instead of them, in mode `one`
};

GoldenScoreFolder::GoldenScoreFolder(const Campaign& campaign, const ReportOptions& options) {
  const ReportIdentity identity = identity_of(campaign, options);
  const ReportRequest request = report_request(campaign, options);
  state_ = std::make_unique<State>(State{ScoreFiles(new_score_folder(identity, request), request.scores,
                                                    identity.metadata.images, identity.scores_per_image),
                                         std::nullopt});
  if (request.scores == ScoreMode::one) {
    state_->array.emplace(state_->files.folder(), FaultRows(), identity.metadata.images,
                          identity.scores_per_image);
  }
  if (options.dry_run) return;
  state_->files.require_space(0);
  state_->files.prepare();
  remove_abandoned_files(state_->files.folder(), false);
}
GoldenScoreFolder::~GoldenScoreFolder() = default;

const std::string& GoldenScoreFolder::path() const noexcept { return state_->files.folder(); }
std::vector<std::string> GoldenScoreFolder::would_write() const {
  if (state_->array) return {state_->array->path(), state_->array->index_path()};
  return {state_->files.golden_path()};
}
uint64_t GoldenScoreFolder::would_write_bytes() const { return state_->files.disk_bytes(0); }
void GoldenScoreFolder::write(std::span<const float> scores) const {
  if (scores.size() != state_->files.scores()) {
    throw Error(ErrorKind::usage, fmt::format("{}: expected {} scores, one row per image, found {}", path(),
                                              state_->files.scores(), scores.size()));
  }
  if (state_->array) return state_->array->begin(scores, 0);
  state_->files.write_golden(scores);
}

}  // namespace tf_injector
