// What a details file says of a report that has been read.
#pragma once

#include <optional>
#include <string>

#include "answers/report_metadata.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector::detail {

// As detail_statistics.
[[nodiscard]] std::optional<DetailStatistics> detail_statistics_of(const std::string& path,
                                                                   const AskedReport& report);

}  // namespace tf_injector::detail
