// Which report a run writes: a new one, one that an earlier run left unfinished, or none, because it is
// finished.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "io/file.hpp"
#include "report/csv_report.hpp"
#include "report/report_identity.hpp"
#include "report/report_owner.hpp"

namespace tf_injector {

// Where a run writes, and what it may do to what is there.
struct ReportRequest {
  std::string path;  // of the report; "": a new name in the identity's folder
  ScoreMode scores = ScoreMode::none;
  bool overwrite = false;
  bool dry_run = false;  // nothing is written
};

enum class ReportState { fresh, unfinished, finished };

struct OpenedReport {
  ReportState state = ReportState::fresh;
  ReportPaths paths;
  std::optional<AppendFile> file;  // locked; none when the report is finished or the run is dry
  RunMetadata metadata;            // as it stands beside the report
  Report content;                  // what is in it already
};

// The rules of docs/interface.md, "Going on after an interruption". A new report is made here, with its
// metadata, so that whatever keeps it from being written is known before the first inference; what is in a
// report that goes on is left alone, and so is everything that belongs to another report. With
// request.dry_run nothing is written. `message` is told, a line each, what was found. Throws Error(resume)
// (what differs), Error(busy), OutputError.
[[nodiscard]] OpenedReport open_report(const ReportIdentity& identity, const ReportRequest& request,
                                       const std::function<void(const std::string&)>& message);

// A new score folder for a golden-only run; made unless the run is dry. Throws OutputError.
[[nodiscard]] std::string new_score_folder(const ReportIdentity& identity, const ReportRequest& request);

}  // namespace tf_injector
