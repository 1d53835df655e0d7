#include "cli/commands/run_command.hpp"

#include <fmt/format.h>

#include <ostream>

#include "cli/console/console.hpp"
#include "cli/console/signals.hpp"
#include "cli/console/standard_streams.hpp"
#include "cli/inputs.hpp"
#include "cli/run_status.hpp"
#include "cli/text/progress_text.hpp"
#include "cli/text/result_text.hpp"
#include "core/process_memory.hpp"
#include "tf_injector/campaign.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/status_file.hpp"

namespace tf_injector::detail::cli {
namespace {

// An interruption as its user reads it.
template <typename Work, typename Text>
auto interruptible(const Work& work, const Text& text) {
  try {
    return work();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::interrupted) throw;
    throw Error(ErrorKind::interrupted, text());
  }
}

// One `run`: from the flags to what is printed.
class Run {
 public:
  Run(const RunOptions& options, const CommandContext& context)
      : options_(options),
        report_options_(report_options(options, context.command_line, context.configuration)),
        out_(context.out),
        console_(context.console) {
    callbacks_.message = [this](const std::string& line) { console_.message(line); };
    callbacks_.warning = [this](const std::string& line) { console_.warning(line); };
    callbacks_.golden = [this](const Tally& golden) { print_golden(golden); };
    callbacks_.progress = [this](const Progress& progress) {
      console_.progress(progress);
      if (status_) status_->progress(progress);
    };
  }

  void execute() {
    choose_status();
    BenchmarkInputs inputs = load_inputs(options_, callbacks_.message);
    Session session(std::move(inputs.model), std::move(inputs.dataset), inputs.options);
    const Campaign campaign(session, std::move(inputs.faults), options_.campaign);
    for (const std::string& remark : session.remarks()) console_.message(remark);
    for (const std::string& warning : session.warnings()) console_.warning(warning);
    if (options_.report.dry_run) return dry_run(campaign);
    console_.message(fmt::format("{} threads ({}), {} images at a time, kernels {}", campaign.threads(),
                                 campaign.threads_source(), campaign.tile(),
                                 kernel_set_name(session.kernels())));
    if (campaign.faults()) return with_status(status_, [&] { run_list(campaign); });
    run_golden(campaign);
  }

 private:
  // Before anything is read: a name that is refused is known at once.
  void choose_status() {
    if (options_.status_path.empty()) return;
    status_.emplace(options_.status_path, callbacks_.warning);
    const std::string& list = options_.fault_list_path;
    status_->require_apart_from(
        {find_model(options_), options_.data_path, list, list + ".plan.json", options_.report.details_path});
    status_->require_apart_from_report(options_.report.path);
  }

  void print_golden(const Tally& golden) {
    if (golden_printed_) return;
    console_.finish();  // a bar on the same terminal makes room
    out_ << golden_text(golden) << std::flush;
    golden_printed_ = true;
  }

  void run_list(const Campaign& campaign) {
    const char* const goes_on = options_.report.overwrite ? "the same command without --overwrite goes on"
                                                          : "the same command goes on";
    CsvReport report(campaign, report_options_, callbacks_.message);
    callbacks_.stop = &stop_on_signals(console_.last_words(fmt::format(
        "interrupted: the faults that are finished are in {}, what is done of the next ones beside it; {}",
        report.path(), goes_on)));
    give_back_freed_memory();  // of a report that was read
    if (status_) status_->begin(report, campaign);
    if (report.is_finished()) {
      print_golden(*report.golden_before());
      return print_report(report, summarize(report.rows_before(), campaign.session().model().storage()));
    }
    const CampaignSummary summary = interruptible(
        [&] { return campaign.run(report, callbacks_); },
        [&] {
          return fmt::format(
              "interrupted: {} of {} faults are in {}, what is done of the next ones beside it; {}",
              report.rows(), campaign.faults()->size(), report.path(), goes_on);
        });
    console_.finish();
    print_golden(summary.golden);
    console_.message(fmt::format("{} faults in {}", summary.faults, duration_text(summary.seconds)));
    print_report(report, summary.groups);
  }

  void print_report(const CsvReport& report, const std::vector<BitGroupSummary>& groups) {
    out_ << groups_text(groups) << path_line("report", report.path())
         << path_line("metadata", report.metadata_path()) << path_line("details", report.details_path())
         << path_line("scores", report.score_folder());
  }

  void run_golden(const Campaign& campaign) {
    std::optional<GoldenScoreFolder> folder;
    if (options_.campaign.scores != ScoreMode::none) folder.emplace(campaign, report_options_);
    const CampaignSummary summary = campaign.run_golden(callbacks_, [&](std::span<const float> scores) {
      if (folder) folder->write(scores);
    });
    console_.finish();
    print_golden(summary.golden);
    if (folder) out_ << path_line("scores", folder->path());
  }

  void dry_run(const Campaign& campaign) {
    DryRun plan;
    plan.preprocessing = campaign.session().preprocessing();
    plan.memory_bytes = campaign.memory_bytes();
    size_t rows = 0;
    bool is_finished = false;
    if (campaign.faults()) {
      const CsvReport report(campaign, report_options_, callbacks_.message);
      plan.faults = campaign.faults()->size();
      if (const auto& shard = campaign.faults()->shard()) plan.shard = shard_text(*shard);
      plan.would_write = report.would_write();
      plan.disk_bytes = report.would_write_bytes();
      rows = report.rows_before().size();
      is_finished = report.is_finished();
    } else if (options_.campaign.scores != ScoreMode::none) {
      const GoldenScoreFolder folder(campaign, report_options_);
      plan.would_write = folder.would_write();
      plan.disk_bytes = folder.would_write_bytes();
    }
    if (!is_finished) plan.seconds = campaign.estimate(rows).seconds;
    console_.finish();
    out_ << dry_run_text(plan);
  }

  const RunOptions& options_;
  const ReportOptions report_options_;
  std::ostream& out_;
  Console& console_;
  CampaignCallbacks callbacks_;
  std::optional<StatusFile> status_;
  bool golden_printed_ = false;
};

}  // namespace

HelpText RunCommand::help() const {
  return {"Runs a campaign: every fault of a list on the whole test set, one row of a report each.",
          "[run] FLAGS", R"(Examples:
  tf_injector -d CIFAR10 -n ResNet20 -f faults.csv
  tf_injector --model net.keras --data test.npz -f faults.csv --report out/net.csv -s
  tf_injector -c campaign.toml --threads 4        (flags from a file)
  tf_injector -d CIFAR10 -n ResNet20              (no fault list: the golden run only)

Exit codes: 0 done, 2 wrong command line, 3 bad input, 4 output not written, 5 report in use,
6 report cannot be continued, 7 the self-check failed, 8 out of memory, 9 fetching failed,
75 interrupted; 1 is a bug.)"};
}

void RunCommand::add_flags(CommandParser& parser) {
  add_original_flags(parser, campaign);
  add_data_flags(parser, campaign);
  add_report_flags(parser, campaign);
  add_machine_flags(parser, campaign);
  add_console_flags(parser, console);
}

void RunCommand::run(const CommandContext& context) const {
  require_own_file("--report", campaign.options.report.path);
  require_own_file("--details", campaign.options.report.details_path);
  require_own_file("--status", campaign.options.status_path);
  check_run_options(campaign.options);
  Run(campaign.options, context).execute();
}

}  // namespace tf_injector::detail::cli
