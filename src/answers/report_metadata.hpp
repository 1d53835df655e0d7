// The metadata beside a report that is asked about.
#pragma once

#include <optional>
#include <string>

#include "report/run_metadata.hpp"

namespace tf_injector::detail {

// Nothing where there is no such file. Throws Error(bad_input): it is no metadata, or of a later version.
[[nodiscard]] std::optional<RunMetadata> metadata_beside(const std::string& report);

// Throws Error(bad_input): the report was changed after the run that finished it.
void require_unchanged(const std::string& report, const RunMetadata& metadata);

}  // namespace tf_injector::detail
