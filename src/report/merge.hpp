// Writes the report of a whole list from those of its shards.
#pragma once

#include <vector>

#include "core/message.hpp"
#include "report/report_open.hpp"
#include "report/shard_report.hpp"
#include "tf_injector/merge.hpp"

namespace tf_injector::detail {

// As merge_reports, with paths that are checked. Throws Stopped.
[[nodiscard]] MergedReport merge(const std::vector<std::string>& shards, const MergeOptions& options,
                                 const Message& message);

}  // namespace tf_injector::detail
