#include "campaign/dry_run.hpp"

#include <fmt/format.h>

#include <span>

#include "campaign/run_identity.hpp"
#include "report/csv_report.hpp"
#include "report/report_open.hpp"
#include "report/score_files.hpp"
#include "session/run_estimate.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

uint64_t report_bytes(std::span<const Fault> faults, int64_t images) {
  uint64_t bytes = report_header().size() + golden_row({.images = images}).size();
  for (const Fault& fault : faults)
    bytes += fault_row(fault, {images, images, images, images, images, images}).size();
  return bytes;
}

// Names what a run would write from here on; returns how many faults are in the report already.
size_t name_files(const Setup& setup, const CampaignOptions& options, const Message& say,
                  CampaignResult& result) {
  size_t done = 0;
  std::string folder;
  const ReportIdentity identity = identity_of(setup, options);
  if (!setup.golden_only) {
    const OpenedReport chosen = open_report(identity, report_request(options), say);
    done = chosen.content.rows.size();
    result.report_path = chosen.paths.report;
    result.metadata_path = chosen.paths.metadata;
    if (chosen.state != ReportState::fresh)
      say(fmt::format("{} has {} of {} faults already", chosen.paths.report, done, setup.faults.size()));
    if (chosen.state == ReportState::finished) return done;
    result.would_write = {chosen.paths.report, chosen.paths.metadata};
    result.estimated_disk_bytes = report_bytes(std::span(setup.faults).subspan(done), setup.images());
    folder = chosen.paths.scores;
  }
  if (options.scores == ScoreMode::none) return done;
  if (setup.golden_only) folder = new_score_folder(identity, report_request(options));
  const ScoreFiles scores(folder, options.scores, setup.images(), setup.plan.classes());
  const size_t left = setup.faults.size() - done;
  result.score_folder = folder;
  result.would_write.push_back(scores.golden_path());
  if (left > 0) {
    const std::string first = scores.fault_path(setup.faults[done].injection);
    result.would_write.push_back(left == 1 ? first
                                           : fmt::format("{} and {} more of its kind", first, left - 1));
  }
  result.estimated_disk_bytes += scores.disk_bytes(left);
  return done;
}

}  // namespace

CampaignResult dry_run(const Setup& setup, const CampaignOptions& options, const CampaignCallbacks& callbacks,
                       const RunTuning& tuning) {
  CampaignResult result;
  result.outcome = CampaignOutcome::dry_run;
  result.faults = static_cast<int64_t>(setup.faults.size());
  result.estimated_memory_bytes = setup.layout.bytes;
  result.preprocessing = setup.provenance.preprocessing_text();
  const Message say = callbacks.message ? callbacks.message : [](const std::string&) {};
  const size_t done = name_files(setup, options, say, result);
  if (!setup.golden_only && result.would_write.empty()) return result;  // finished already
  EngineLayout one_thread = setup.layout.engine();
  one_thread.threads = 1;
  const auto engine = tuning.engine.make(setup.plan, one_thread);
  result.estimated_seconds =
      estimate_seconds(setup, *engine, done, options.check.value_or(0), callbacks.stop);
  return result;
}

}  // namespace tf_injector
