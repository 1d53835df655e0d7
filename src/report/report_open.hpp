// Opens the report of a run: a new one, one that an earlier run left unfinished, or a finished one, to which
// nothing is added.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "core/message.hpp"
#include "io/file.hpp"
#include "io/sha256.hpp"
#include "report/csv_report.hpp"
#include "report/details_file.hpp"
#include "report/report_identity.hpp"
#include "report/report_owner.hpp"

namespace tf_injector::detail {

// Where a run wants to write its report, and whether it may overwrite one.
struct ReportRequest {
  std::string path;          // of the report; "": a new name in the identity's folder
  std::string details = {};  // path of the details; "": none
  ScoreMode scores = ScoreMode::none;
  bool overwrite = false;
  bool only_new = false;                    // a report that is there is not gone on with, but refused
  bool dry_run = false;                     // nothing is written
  const std::atomic<bool>* stop = nullptr;  // ends the wait for another run, by throwing Stopped
};

enum class ReportState { fresh, unfinished, finished };

struct OpenedReport {
  ReportState state = ReportState::fresh;
  ReportPaths paths;
  std::optional<AppendFile> file;  // locked; nothing if the report is finished or the run is dry
  RunMetadata metadata;            // from the report's metadata file
  Report content;                  // the rows that it has already
  Sha256 hash;                     // of the bytes of those rows and what is above them
  OpenedDetails details = {};
};

// Follows the rules of docs/interface.md, "Going on after an interruption". A new report is created here,
// with its metadata, so that a path that cannot be written is noticed before the first inference. The
// contents of an unfinished report, and all files of other reports, are left unchanged. With request.dry_run
// nothing is written. `message` is called with a line for everything found. Throws Error(resume) (saying what
// differs), Error(busy), OutputError.
[[nodiscard]] OpenedReport open_report(const ReportIdentity& identity, const ReportRequest& request,
                                       const Message& message);

// The name of a new score folder for a run without faults; the folder is created unless the run is dry.
// Throws OutputError.
[[nodiscard]] std::string new_score_folder(const ReportIdentity& identity, const ReportRequest& request);

}  // namespace tf_injector::detail
