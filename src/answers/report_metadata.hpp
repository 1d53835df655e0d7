// The metadata beside a report that is asked about.
#pragma once

#include <optional>
#include <string>

#include "report/run_metadata.hpp"

namespace tf_injector::detail {

// Nothing where there is no such file. Throws Error(bad_input): it is no metadata, or of a later version.
[[nodiscard]] std::optional<RunMetadata> metadata_beside(const std::string& report);

}  // namespace tf_injector::detail
