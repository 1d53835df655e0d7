#include "campaign/campaign_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>

#include "campaign/dry_run.hpp"
#include "campaign/progress_reporter.hpp"
#include "campaign/run_identity.hpp"
#include "core/parallel.hpp"
#include "core/stop.hpp"
#include "report/group_summary.hpp"
#include "report/report_check.hpp"
#include "report/report_journal.hpp"
#include "report/report_open.hpp"
#include "report/score_files.hpp"
#include "session/block_run.hpp"
#include "session/check/self_check.hpp"
#include "session/golden_run.hpp"
#include "session/run_estimate.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

GoldenSummary summary_of(const Tally& golden) {
  return {
      .images = golden.images, .top_1_correct = golden.top_1_correct, .top_5_correct = golden.top_5_correct};
}

// Scores that look like probabilities, of a network of which it is not known that they are.
bool are_likely_probabilities(const Setup& setup, const GoldenRun& golden) {
  return setup.decision.threshold() == 0.0f &&
         std::all_of(golden.scores.begin(), golden.scores.end(), [](float s) { return s >= 0 && s <= 1; });
}

void tell_golden(const CampaignCallbacks& callbacks, const Setup& setup, const GoldenRun& golden) {
  if (callbacks.golden) callbacks.golden(summary_of(golden.total));
  if (!callbacks.warning || !are_likely_probabilities(setup, golden)) return;
  callbacks.warning(
      "all scores without a fault lie in [0, 1], but class 1 begins above 0, as for a logit: if they are "
      "probabilities, make a ReLU(max_value=1) the model's last layer, and the threshold is 0.5");
}

GroupSummary summary_of(const Report& report) {
  GroupSummary summary;
  summary.add(report.rows);
  return summary;
}

CampaignResult result_of(CampaignOutcome outcome, const Tally& golden) {
  CampaignResult result;
  result.outcome = outcome;
  result.golden = summary_of(golden);
  return result;
}

// Where the rows of a list go.
struct ListFiles {
  const Report& before;  // what the report had when the run began
  ReportJournal& journal;
  const ScoreFiles& scores;
};

// The faults of a list that are not in its report yet. A block is checked before it is written, and its
// scores are on the disk before its rows.
class ListRun {
 public:
  // All must outlive it. `golden`: done; or, for run_joined, empty. The clock starts now.
  ListRun(const Setup& setup, const CampaignOptions& options, const CampaignCallbacks& callbacks,
          const ListFiles& files, Engine& engine, GoldenRun& golden)
      : setup_(setup),
        callbacks_(callbacks),
        files_(files),
        golden_(golden),
        seconds_before_(golden.seconds),
        check_(make_self_check(setup, options.check, callbacks.stop)),
        summary_(summary_of(files.before)),
        progress_(callbacks.progress, progress_before(), setup.images()),
        runner_(
            setup, engine, golden, [this](size_t place) { return keeps_scores() || check_->takes(place); },
            callbacks.stop, [this](int64_t pairs) { progress_.advance(pairs); }) {}

  void run_blocks() {
    begin_report();
    BlockSize size = setup_.block_size(golden_.seconds);
    for (size_t left = faults_left(); left > 0; left = faults_left()) {
      const double begin = progress_.seconds();
      const size_t count = size.next(left);
      const double checked = check_->totals().seconds;
      write(runner_.run(faults_done(), count, check_->begin_block(faults_done(), count)));
      size.measured(count, progress_.seconds() - begin - (check_->totals().seconds - checked));
    }
    progress_.finish();
  }

  // All in one block, with the run without a fault in it.
  void run_joined() {
    KeptRows* kept = check_->begin_block(faults_done(), faults_left());
    const BlockResult block = runner_.run_with_golden(faults_done(), faults_left(), kept);
    begin_report();
    write(block);
    progress_.finish();
  }

  [[nodiscard]] double seconds() const { return seconds_before_ + progress_.seconds(); }
  [[nodiscard]] const CheckTotals& checked() const noexcept { return check_->totals(); }
  [[nodiscard]] ReportJournal::Spent spent() const { return {seconds(), checked()}; }
  [[nodiscard]] const GroupSummary& summary() const noexcept { return summary_; }

 private:
  [[nodiscard]] bool keeps_scores() const { return files_.scores.mode() != ScoreMode::none; }
  [[nodiscard]] size_t faults_done() const { return static_cast<size_t>(files_.journal.rows()); }
  [[nodiscard]] size_t faults_left() const { return setup_.faults.size() - faults_done(); }

  [[nodiscard]] Progress progress_before() const {
    const auto rows = static_cast<int64_t>(files_.before.rows.size());
    return {.faults_total = static_cast<int64_t>(setup_.faults.size()),
            .faults_before = rows,
            .rows_written = rows,
            .critical = summary_.critical(),
            .images_evaluated = rows * setup_.images()};
  }

  // When golden is there.
  void begin_report() {
    tell_golden(callbacks_, setup_, golden_);
    check_golden(files_.before, files_.journal.paths().report, golden_.total);
    check_->check_golden(golden_, seconds());
    files_.scores.write_golden(golden_.scores);
    files_.journal.begin(golden_.total);
  }

  // A block of the faults that come next.
  void write(const BlockResult& block) {
    const size_t first = faults_done(), count = block.tallies.size();
    const std::span<const Fault> faults = std::span(setup_.faults).subspan(first, count);
    check_->check_block(first, block, golden_, seconds());
    save_scores(faults, block);
    files_.journal.append(faults, block.tallies, spent());
    const int64_t critical_before = summary_.critical();
    for (size_t i = 0; i < count; ++i) summary_.add(faults[i].bit, block.tallies[i]);
    progress_.rows_written(static_cast<int64_t>(count), summary_.critical() - critical_before);
  }

  void save_scores(std::span<const Fault> faults, const BlockResult& block) const {
    if (!keeps_scores()) return;
    parallel_for(faults.size(), setup_.layout.threads, [&](size_t fault, int) {
      check_stop(callbacks_.stop);
      files_.scores.write_fault(faults[fault].injection, block.scores[fault], golden_.scores);
    });
  }

  const Setup& setup_;
  const CampaignCallbacks& callbacks_;
  const ListFiles files_;
  const GoldenRun& golden_;
  double seconds_before_;  // of the golden run, where it was not joined
  std::unique_ptr<SelfCheck> check_;
  GroupSummary summary_;
  ProgressReporter progress_;
  BlockRunner runner_;
};

class CampaignRun {
 public:
  CampaignRun(const Setup& setup, const CampaignOptions& options, const CampaignCallbacks& callbacks,
              const RunTuning& tuning)
      : setup_(setup),
        options_(options),
        callbacks_(callbacks),
        tuning_(tuning),
        identity_(identity_of(setup, options)) {}

  CampaignResult run() {
    say_layout();
    return setup_.golden_only ? run_golden_only() : run_list();
  }

 private:
  void say(const std::string& text) const {
    if (callbacks_.message) callbacks_.message(text);
  }
  void say_layout() const {
    const RunMetadata& m = identity_.metadata;
    say(fmt::format("{} threads ({}), {} images at a time, kernels {}", m.threads, m.threads_source, m.tile,
                    m.kernels));
  }

  void say_checked(const CheckTotals& checked) const {
    if (checked.golden_images == 0 && checked.pairs == 0) {
      say(options_.check ? "self-check: off"
                         : "self-check: none; --kernels scalar is itself what it would compare with");
      return;
    }
    std::string what = fmt::format("{} images without a fault", checked.golden_images);
    if (checked.pairs > 0) {
      what = fmt::format("{} pairs of a fault and an image ({} faults) and {}", checked.pairs, checked.faults,
                         what);
    }
    say(fmt::format("self-check: {}: equal in every bit ({:.2g} s)", what, checked.seconds));
  }

  std::unique_ptr<Engine> make_engine() const {
    return tuning_.engine.make(setup_.plan, setup_.layout.engine());
  }
  ScoreFiles score_files(const std::string& folder) const {
    return {folder, options_.scores, setup_.images(), setup_.plan.classes()};
  }

  void name_files(CampaignResult& result, const ReportPaths& paths) const {
    result.report_path = paths.report;
    result.metadata_path = paths.metadata;
    if (options_.scores != ScoreMode::none) result.score_folder = paths.scores;
  }

  CampaignResult run_golden_only() const {
    std::optional<ScoreFiles> scores;
    if (options_.scores != ScoreMode::none) {
      scores = score_files(new_score_folder(identity_, report_request(options_)));
      scores->require_space(0);
      scores->prepare();
    }
    const std::unique_ptr<Engine> engine = make_engine();
    const GoldenRun golden = run_golden(setup_, *engine, callbacks_.stop);
    tell_golden(callbacks_, setup_, golden);
    const std::unique_ptr<SelfCheck> check = make_self_check(setup_, options_.check, callbacks_.stop);
    check->check_golden(golden, golden.seconds);
    if (scores) scores->write_golden(golden.scores);
    say_checked(check->totals());
    CampaignResult result = result_of(CampaignOutcome::golden_only, golden.total);
    if (scores) result.score_folder = scores->folder();
    result.seconds = golden.seconds;
    return result;
  }

  CampaignResult run_list() {
    OpenedReport chosen = open_report(
        identity_, report_request(options_), callbacks_.message ? callbacks_.message : [](auto&) {});
    if (chosen.state == ReportState::finished) return already_finished(chosen);
    const size_t rows_before = chosen.content.rows.size();
    say(chosen.state == ReportState::fresh
            ? fmt::format("the report is {}", chosen.paths.report)
            : fmt::format("going on with {}: {} of {} faults are in it", chosen.paths.report, rows_before,
                          setup_.faults.size()));
    const ScoreFiles scores = score_files(chosen.paths.scores);
    scores.require_space(setup_.faults.size() - rows_before);
    scores.prepare();
    const Report before = chosen.content;
    ReportJournal journal(std::move(chosen), identity_.metadata);
    try {
      return run_faults(before, journal, scores);
    } catch (const Stopped&) {
      throw Error(ErrorKind::interrupted,
                  fmt::format("interrupted: {} of {} faults are in {}; the same command{} goes on",
                              journal.rows(), setup_.faults.size(), journal.paths().report,
                              options_.overwrite ? " without --overwrite" : ""));
    }
  }

  CampaignResult already_finished(const OpenedReport& chosen) const {
    say(fmt::format("{} is finished already", chosen.paths.report));
    CampaignResult result = result_of(CampaignOutcome::already_finished, chosen.content.golden);
    name_files(result, chosen.paths);
    result.groups = summary_of(chosen.content).groups();
    result.faults = static_cast<int64_t>(chosen.content.rows.size());
    return result;
  }

  CampaignResult run_faults(const Report& before, ReportJournal& journal, const ScoreFiles& scores) {
    const std::unique_ptr<Engine> engine = make_engine();
    const bool is_joined =
        joins_golden(setup_, *engine, setup_.faults.size() - before.rows.size(), callbacks_.stop);
    GoldenRun golden = is_joined ? GoldenRun(setup_) : run_golden(setup_, *engine, callbacks_.stop);
    ListRun list(setup_, options_, callbacks_, {before, journal, scores}, *engine, golden);
    if (is_joined) {
      list.run_joined();
    } else {
      list.run_blocks();
    }
    say_checked(list.checked());
    journal.finish(list.spent());
    CampaignResult result = result_of(CampaignOutcome::done, golden.total);
    name_files(result, journal.paths());
    result.groups = list.summary().groups();
    result.faults = journal.rows();
    result.seconds = list.seconds();
    return result;
  }

  const Setup& setup_;
  const CampaignOptions& options_;
  const CampaignCallbacks& callbacks_;
  const RunTuning& tuning_;
  const ReportIdentity identity_;
};

void tell_decisions(const Setup& setup, const CampaignCallbacks& callbacks) {
  for (const std::string& remark : setup.remarks) {
    if (callbacks.message) callbacks.message(remark);
  }
  for (const std::string& warning : setup.warnings) {
    if (callbacks.warning) callbacks.warning(warning);
  }
}

}  // namespace

CampaignResult run_on(CampaignInputs inputs, const CampaignOptions& options,
                      const CampaignCallbacks& callbacks, const RunTuning& tuning) {
  try {
    const Setup setup = set_up(std::move(inputs), options, tuning);
    tell_decisions(setup, callbacks);
    check_stop(callbacks.stop);
    if (options.dry_run) return dry_run(setup, options, callbacks, tuning);
    return CampaignRun(setup, options, callbacks, tuning).run();
  } catch (const Stopped&) {
    throw Error(ErrorKind::interrupted, "interrupted: nothing was written");
  } catch (const std::bad_alloc&) {
    throw Error(
        ErrorKind::out_of_memory,
        "out of memory; use fewer --threads, a smaller --tile or --memory; what is in the report stays");
  }
}

}  // namespace tf_injector
