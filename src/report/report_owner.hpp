// Whose files they are that stand beside a report: `x.csv` and `x.txt` would share `x.run.json` and the
// folder `x`.
#pragma once

#include <string>

namespace tf_injector {

struct ReportPaths {
  std::string report, metadata;
  std::string scores;  // folder
};

// Throws Error(resume) when the metadata path holds something that is not this report's: metadata of another
// report, named, or no metadata at all. Metadata of a report that is gone are left over: they may be taken
// with `overwrite`, and always by a report of that name. So may those that came here under another name
// together with their report
// (`report_exists`).
void require_own_metadata(const ReportPaths& paths, bool report_exists, bool overwrite);

// Throws Error(resume) when the folder for scores is named by the metadata of another report beside this one.
void require_own_scores(const ReportPaths& paths);

// Where a symbolic link leads, which is where the report's other files belong. Throws OutputError when it
// leads nowhere.
[[nodiscard]] std::string followed_report_path(const std::string& path);

// Whether the file has more names than one (hard links): the others may be reports of their own.
[[nodiscard]] bool has_other_names(const std::string& path);

}  // namespace tf_injector
