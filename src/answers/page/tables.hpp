// Tables of the page.
#pragma once

#include <string>

#include "tf_injector/report_statistics.hpp"

namespace tf_injector::detail {

// A caption, and a row for each domain; `first` is the title of the column of names.
[[nodiscard]] std::string domains_table(const std::vector<StatisticsDomain>& domains,
                                        const std::string& first, const std::string& caption);
// Layer x bit: a row for each layer, a column for each bit, the highest first.
[[nodiscard]] std::string cells_table(const ReportStatistics& statistics);
[[nodiscard]] std::string worst_table(const ReportStatistics& statistics);
[[nodiscard]] std::string classes_table(const DetailStatistics& details);
[[nodiscard]] std::string confusion_table(const DetailStatistics& details);
[[nodiscard]] std::string provenance_table(const ReportStatistics& statistics);

}  // namespace tf_injector::detail
