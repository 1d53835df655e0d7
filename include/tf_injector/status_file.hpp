// How far a run is, in a small JSON file that is replaced about once a second: for `watch` and dashboards.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tf_injector/campaign.hpp"
#include "tf_injector/estimate.hpp"

namespace tf_injector {

enum class RunState { running, finished, interrupted, failed };

// docs/interface.md, "The status of a run", has its members. Of a run or an estimate. It is never what ends a
// run: where it cannot be written a warning says so, once.
class StatusFile {
 public:
  // Writes nothing yet. `warning`: told once that it cannot be written. Throws Error(usage): there is
  // something else than an earlier status under that name.
  explicit StatusFile(const std::string& path, std::function<void(const std::string&)> warning = {});
  // A run that did not say how it ended has failed.
  ~StatusFile();
  StatusFile(StatusFile&&) = delete;

  // Throws Error(usage): the file is one of these, of which "" is none.
  void require_apart_from(const std::vector<std::string>& paths) const;
  // The same of a report and all that stands beside it under its stem.
  void require_apart_from_report(const std::string& report) const;

  // The report is this run's now: the first status is written. Throws Error(usage): it is one of the report's
  // files.
  void begin(const CsvReport& report, const Campaign& campaign);
  // The estimate begins.
  void begin(const EstimateOptions& options);
  // From one thread at a time; writes when the last status is a second old.
  void progress(const Progress& progress);
  void progress(const EstimateProgress& progress);
  // The last status. `error`: why it failed, or "".
  void end(RunState state, int exit_code, const std::string& error = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tf_injector
