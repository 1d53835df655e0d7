// The file of a report's details: whose it is, and what of it a run goes on with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "io/file.hpp"
#include "io/sha256.hpp"
#include "report/report_owner.hpp"
#include "report/run_metadata.hpp"

namespace tf_injector::detail {

struct OpenedDetails {
  std::optional<AppendFile> file;  // locked; nothing if there are no details, the report is finished or the
                                   // run is dry
  Sha256 hash;                     // of the bytes that are kept
};

// How metadata name the file: without its folder where that is the report's, else the whole path.
[[nodiscard]] std::string details_name(const ReportPaths& paths);
// Whether the file is the one that the metadata name; it may have been renamed since.
[[nodiscard]] bool is_named_details(const ReportPaths& paths, const std::string& name);

// The file that a name in metadata means.
[[nodiscard]] std::string named_details(const ReportPaths& paths, const std::string& name);

// Nothing is done by any of these where paths.details is "".
//
// Throws Error(resume) if a new report must not write there: a file that is there already (unless it is empty
// or, with `overwrite`, details), or that another report's metadata name.
void require_own_details(const ReportPaths& paths, bool overwrite);
// Creates the file, or takes one that is there, which is emptied. Throws OutputError, Error(busy).
void begin_details(const ReportPaths& paths, OpenedDetails& opened);
// Opens the file that a report has been written with, of which it is known what it has (unfinished_report).
// The bytes that its metadata record must be unchanged; what follows must be a part of a pending block, or
// all of it. Throws Error(resume), Error(busy).
void go_on_with_details(const ReportPaths& paths, const RunMetadata& metadata, bool dry_run,
                        OpenedDetails& opened);
// Removes the details beside the report that the metadata name, unless paths.details is the same file. Throws
// OutputError.
void remove_old_details(const ReportPaths& paths, const RunMetadata& metadata);

}  // namespace tf_injector::detail
