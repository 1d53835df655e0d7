// A report that is asked about, and the metadata beside it.
#pragma once

#include <optional>
#include <string>

#include "report/run_metadata.hpp"
#include "tf_injector/report.hpp"

namespace tf_injector::detail {

// Nothing where there is no such file. Throws Error(bad_input): it is no metadata, or of a later version.
[[nodiscard]] std::optional<RunMetadata> metadata_beside(const std::string& report);

// Each file is read once: what is said of a report is of the bytes that its metadata were held against.
struct AskedReport {
  std::string path;
  std::optional<RunMetadata> metadata;  // nothing: there are none
  FinishedReport content;
};
// Throws Error(bad_input): a report that cannot be read, was changed after the run that finished it, or has
// no whole rows; metadata as above.
[[nodiscard]] AskedReport read_asked_report(const std::string& path);

}  // namespace tf_injector::detail
