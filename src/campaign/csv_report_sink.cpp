// CsvReport: the files of a campaign's report, behind the interface that a campaign writes to.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "campaign/run_identity.hpp"
#include "core/message.hpp"
#include "core/parallel.hpp"
#include "core/stop.hpp"
#include "report/csv_report.hpp"
#include "report/report_check.hpp"
#include "report/report_journal.hpp"
#include "report/report_open.hpp"
#include "report/score_files.hpp"
#include "tf_injector/campaign.hpp"
#include "tf_injector/report.hpp"

namespace tf_injector {

using namespace detail;

struct CsvReport::State {
  ReportIdentity identity;
  ReportRequest request;
  ReportState state = ReportState::fresh;
  ReportPaths paths;
  Report before;  // what the report had when it was opened
  std::optional<ReportJournal> journal;
  std::optional<ScoreFiles> files;
  std::span<const float> golden_scores = {};  // while a campaign runs

  [[nodiscard]] bool has_scores() const { return request.scores != ScoreMode::none; }
  [[nodiscard]] size_t faults_left() const { return identity.faults.size() - before.rows.size(); }
};

CsvReport::CsvReport(const Campaign& campaign, const ReportOptions& options,
                     const std::function<void(const std::string&)>& message)
    : state_(std::make_unique<State>()) {
  const Message say = or_silent(message);
  State& state = *state_;
  state.identity = identity_of(campaign, options);
  state.request = report_request(campaign, options);
  OpenedReport chosen = open_report(state.identity, state.request, say);
  state.state = chosen.state;
  state.paths = chosen.paths;
  state.before = chosen.content;
  state.files.emplace(chosen.paths.scores, state.request.scores, state.identity.metadata.images,
                      state.identity.scores_per_image);
  const size_t rows = state.before.rows.size(), all = state.identity.faults.size();
  if (options.dry_run) {
    if (state.state != ReportState::fresh)
      say(fmt::format("{} has {} of {} faults already", state.paths.report, rows, all));
    return;
  }
  if (state.state == ReportState::finished) {
    say(fmt::format("{} is finished already", state.paths.report));
    return;
  }
  say(state.state == ReportState::fresh
          ? fmt::format("the report is {}", state.paths.report)
          : fmt::format("going on with {}: {} of {} faults are in it", state.paths.report, rows, all));
  state.files->require_space(state.faults_left());
  state.files->prepare();
  state.journal.emplace(std::move(chosen), state.identity.metadata);
}

CsvReport::~CsvReport() = default;

bool CsvReport::is_finished() const noexcept { return state_->state == ReportState::finished; }

std::optional<Tally> CsvReport::golden_before() const {
  if (state_->before.golden.images == 0) return std::nullopt;
  return state_->before.golden;
}

const std::string& CsvReport::path() const noexcept { return state_->paths.report; }
const std::string& CsvReport::metadata_path() const noexcept { return state_->paths.metadata; }
std::string CsvReport::score_folder() const { return !state_->has_scores() ? "" : state_->paths.scores; }

int64_t CsvReport::rows() const noexcept {
  return state_->journal ? state_->journal->rows() : static_cast<int64_t>(state_->before.rows.size());
}

std::vector<std::string> CsvReport::would_write() const {
  if (is_finished()) return {};
  std::vector<std::string> paths{path(), metadata_path()};
  if (!state_->has_scores()) return paths;
  paths.push_back(state_->files->golden_path());
  const size_t left = state_->faults_left();
  if (left == 0) return paths;
  const Fault& next = state_->identity.faults[state_->before.rows.size()];
  const std::string first = state_->files->fault_path(next.id);
  paths.push_back(left == 1 ? first : fmt::format("{} and {} more of its kind", first, left - 1));
  return paths;
}

uint64_t CsvReport::would_write_bytes() const {
  if (is_finished()) return 0;
  const int64_t images = state_->identity.metadata.images;
  Tally most;  // of which a row takes the most room
  for (const TallyColumn& column : tally_columns()) {
    if (column.count != nullptr) most.*column.count = images;
  }
  uint64_t bytes = report_header().size() + golden_row({.images = images}).size();
  for (const Fault& fault : state_->identity.faults.subspan(state_->before.rows.size()))
    bytes += fault_row(fault, most).size();
  if (state_->has_scores()) bytes += state_->files->disk_bytes(state_->faults_left());
  return bytes;
}

std::span<const ReportRow> CsvReport::rows_before() const { return state_->before.rows; }

void CsvReport::begin(const Tally& golden, std::span<const float> scores) {
  check_golden(state_->before, path(), golden);
  state_->golden_scores = scores;
  state_->files->write_golden(scores);
  state_->journal->begin(golden);
}

// Scores are on the disk before their rows.
void CsvReport::append(const RowBlock& block, const Spent& spent) {
  if (state_->has_scores()) {
    parallel_for(block.faults.size(), block.threads, [&](size_t fault, int) {
      check_stop(block.stop);
      state_->files->write_fault(block.faults[fault].id, block.scores[fault], state_->golden_scores);
    });
  }
  state_->journal->append(block.faults, block.tallies, spent);
}

void CsvReport::finish(const Spent& spent) { state_->journal->finish(spent); }

struct GoldenScoreFolder::State {
  ScoreFiles files;
};

GoldenScoreFolder::GoldenScoreFolder(const Campaign& campaign, const ReportOptions& options) {
  const ReportIdentity identity = identity_of(campaign, options);
  const ReportRequest request = report_request(campaign, options);
  state_ = std::make_unique<State>(State{ScoreFiles(new_score_folder(identity, request), request.scores,
                                                    identity.metadata.images, identity.scores_per_image)});
  if (options.dry_run) return;
  state_->files.require_space(0);
  state_->files.prepare();
}
GoldenScoreFolder::~GoldenScoreFolder() = default;

const std::string& GoldenScoreFolder::path() const noexcept { return state_->files.folder(); }
std::vector<std::string> GoldenScoreFolder::would_write() const { return {state_->files.golden_path()}; }
uint64_t GoldenScoreFolder::would_write_bytes() const { return state_->files.disk_bytes(0); }
void GoldenScoreFolder::write(std::span<const float> scores) const { state_->files.write_golden(scores); }

}  // namespace tf_injector
