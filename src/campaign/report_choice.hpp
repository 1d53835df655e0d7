// Which report a run writes: a new one, one that an earlier run left unfinished, or none, because it is
// finished.
#pragma once

#include <optional>
#include <string>

#include "campaign/csv_report.hpp"
#include "campaign/inputs.hpp"
#include "campaign/report_owner.hpp"
#include "campaign/run_metadata.hpp"
#include "campaign/setup.hpp"
#include "io/file.hpp"

namespace tf_injector {

enum class ReportState { fresh, unfinished, finished };

struct ChosenReport {
  ReportState state = ReportState::fresh;
  ReportPaths paths;
  std::optional<AppendFile> file;  // locked; none when the report is finished or the run is dry
  RunMetadata metadata;            // as it stands beside the report
  Report content;                  // what is in it already
};

// The rules of docs/interface.md, "Going on after an interruption". A new report is made here, with its
// metadata, so that whatever keeps it from being written is known before the first inference; what is in a
// report that goes on is left alone, and so is everything that belongs to another report. With
// options.dry_run nothing is written. Throws Error(resume) (what differs), Error(busy), OutputError.
[[nodiscard]] ChosenReport choose_report(const Setup& setup, const CampaignOptions& options,
                                         const Message& message);

// A new score folder for a golden-only run; made unless the run is dry. Throws OutputError.
[[nodiscard]] std::string new_score_folder(const Setup& setup, const CampaignOptions& options);

}  // namespace tf_injector
