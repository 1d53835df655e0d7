// Checks that the metadata file and the score folder of a report belong to no other report: `x.csv` and
// `x.txt` would share `x.run.json` and the folder `x`.
#pragma once

#include <string>

namespace tf_injector::detail {

struct ReportPaths {
  std::string report, metadata;
  std::string scores;        // folder
  std::string details = {};  // "": none are written
};

// Throws Error(resume) if the metadata path holds a file that is not this report's: metadata of another
// report (which the message names), or no metadata. Left-over metadata, whose report is gone, are accepted
// with `overwrite`, and always if they name this report. Metadata that were renamed together with their
// report
// (`report_exists`) are accepted, too.
void require_own_metadata(const ReportPaths& paths, bool report_exists, bool overwrite);

// Throws Error(resume) if the metadata of another report in the same folder name the same score folder.
void require_own_scores(const ReportPaths& paths);

// The other report in the folder of the report or of the details whose metadata name this file as theirs;
// "": none.
[[nodiscard]] std::string other_owner_of_details(const ReportPaths& paths);

// The target of a symbolic link, else `path`: the report's other files belong next to the target. Throws
// OutputError for a link to nothing.
[[nodiscard]] std::string followed_report_path(const std::string& path);

// True if the file has several names (hard links), which may be different reports.
[[nodiscard]] bool has_other_names(const std::string& path);

}  // namespace tf_injector::detail
