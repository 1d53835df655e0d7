// A campaign on a network, images and faults that a test has in memory, in one call.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fault/fault_list.hpp"
#include "fault/shard_rows.hpp"
#include "graph/graph.hpp"
#include "session/list_data.hpp"
#include "session/model_data.hpp"
#include "session/session_state.hpp"
#include "tf_injector/benchmark.hpp"
#include "tf_injector/campaign.hpp"
#include "tf_injector/datasets.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::test {

struct RunInputs {
  Graph graph;
  Dataset dataset;
  std::optional<ResolvedFaultList> list;  // none: a golden-only run
  std::string model_path;
  std::string model_sha256;
};

// All options of a run. `dataset`, a part of the report's name, is that of the preprocessing too where it
// names a set.
struct RunOptions : SessionOptions, CampaignOptions, ReportOptions {
  std::optional<int64_t> resume_from;
  std::optional<Shard> shard;
};

enum class RunOutcome { done, already_finished, golden_only, dry_run };

struct RunResult {
  RunOutcome outcome = RunOutcome::done;
  Tally golden;
  std::string report_path, metadata_path, score_folder;
  std::vector<BitGroupSummary> groups;
  int64_t faults = 0;
  double seconds = 0;
  // Of a dry run:
  std::string preprocessing;
  double estimated_seconds = 0;
  uint64_t estimated_memory_bytes = 0, estimated_disk_bytes = 0;
  std::vector<std::string> would_write;
};

inline SessionOptions session_options(const RunOptions& options) {
  SessionOptions session = options;
  const std::vector<std::string> named = dataset_names();
  if (std::find(named.begin(), named.end(), options.dataset) != named.end())
    session.preprocess.dataset = options.dataset;
  return session;
}

inline std::optional<FaultList> list_of_inputs(RunInputs& inputs, const RunOptions& options) {
  if (!inputs.list) return std::nullopt;
  const FaultList list = list_of(std::move(*inputs.list));
  const FaultList rest = options.resume_from ? list.from(*options.resume_from) : list;
  if (!options.shard) return rest;
  return rest.shard(shard_rows(*options.shard, patches_of(rest), fault_costs(inputs.graph)));
}

inline BenchmarkInputs benchmark_inputs(RunInputs inputs, const RunOptions& options) {
  std::optional<FaultList> list = list_of_inputs(inputs, options);
  return {.model = model_of(std::move(inputs.graph), inputs.model_path, inputs.model_sha256),
          .dataset = std::move(inputs.dataset),
          .faults = std::move(list),
          .options = session_options(options)};
}

// One run, as the program makes it.
class CampaignCall {
 public:
  CampaignCall(RunInputs inputs, const RunOptions& options, const CampaignCallbacks& callbacks,
               RunTuning tuning)
      : options_(options),
        callbacks_(callbacks),
        list_(list_of_inputs(inputs, options)),
        session_(make_session(model_of(std::move(inputs.graph), inputs.model_path, inputs.model_sha256),
                              std::move(inputs.dataset), session_options(options), std::move(tuning))),
        campaign_(session_, std::exchange(list_, std::nullopt), options) {}

  RunResult run() {
    for (const std::string& remark : session_.remarks()) tell(callbacks_.message, remark);
    for (const std::string& warning : session_.warnings()) tell(callbacks_.warning, warning);
    if (callbacks_.stop != nullptr && *callbacks_.stop) throw Error(ErrorKind::interrupted, "interrupted");
    if (options_.dry_run) return dry_run();
    return campaign_.faults() ? run_list() : run_golden();
  }

 private:
  static void tell(const std::function<void(const std::string&)>& callback, const std::string& line) {
    if (callback) callback(line);
  }
  void name_files(const CsvReport& report, RunResult& result) const {
    result.report_path = report.path();
    result.metadata_path = report.metadata_path();
    result.score_folder = report.score_folder();
  }

  RunResult run_list() const {
    CsvReport report(campaign_, options_, callbacks_.message);
    RunResult result;
    name_files(report, result);
    if (report.is_finished()) {
      result.outcome = RunOutcome::already_finished;
      result.golden = *report.golden_before();
      result.groups = summarize(report.rows_before());
      result.faults = report.rows();
      return result;
    }
    const CampaignSummary summary = campaign_.run(report, callbacks_);
    result.golden = summary.golden;
    result.groups = summary.groups;
    result.faults = summary.faults;
    result.seconds = summary.seconds;
    return result;
  }

  RunResult run_golden() const {
    std::optional<GoldenScoreFolder> folder;
    if (options_.scores != ScoreMode::none) folder.emplace(campaign_, options_);
    const CampaignSummary summary = campaign_.run_golden(callbacks_, [&](std::span<const float> scores) {
      if (folder) folder->write(scores);
    });
    RunResult result;
    result.outcome = RunOutcome::golden_only;
    result.golden = summary.golden;
    result.seconds = summary.seconds;
    if (folder) result.score_folder = folder->path();
    return result;
  }

  RunResult dry_run() const {
    RunResult result;
    result.outcome = RunOutcome::dry_run;
    result.preprocessing = session_.preprocessing();
    result.estimated_memory_bytes = campaign_.memory_bytes();
    size_t rows = 0;
    if (campaign_.faults()) {
      const CsvReport report(campaign_, options_, callbacks_.message);
      name_files(report, result);
      result.faults = static_cast<int64_t>(campaign_.faults()->size());
      result.would_write = report.would_write();
      result.estimated_disk_bytes = report.would_write_bytes();
      rows = report.rows_before().size();
      if (report.is_finished()) return result;
    } else if (options_.scores != ScoreMode::none) {
      const GoldenScoreFolder folder(campaign_, options_);
      result.score_folder = folder.path();
      result.would_write = folder.would_write();
      result.estimated_disk_bytes = folder.would_write_bytes();
    }
    result.estimated_seconds = campaign_.estimate(rows, callbacks_.stop).seconds;
    return result;
  }

  const RunOptions& options_;
  const CampaignCallbacks& callbacks_;
  std::optional<FaultList> list_;
  Session session_;
  Campaign campaign_;
};

inline RunResult run_on(RunInputs inputs, const RunOptions& options, const CampaignCallbacks& callbacks,
                        const RunTuning& tuning = {}) {
  return CampaignCall(std::move(inputs), options, callbacks, tuning).run();
}

}  // namespace tf_injector::detail::test
