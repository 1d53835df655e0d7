// What `run` prints on standard output.
#pragma once

#include <string>
#include <vector>

#include "tf_injector/campaign.hpp"

namespace tf_injector::cli {

// The lines of the Python tool: "GOLD stats:", "images: N", "top 1 accuracy: N", "top 5 accuracy: N"
// (counts).
[[nodiscard]] std::string golden_text(const GoldenSummary& golden);

// A table with a line per bit group and their total: faults, images, and how many of those were masked,
// non-critical, critical.
[[nodiscard]] std::string groups_text(const std::vector<BitGroupSummary>& groups);

// "<0.01 %", "12.34 %", ">99.99 %": rounded, but never to none or all; "-" of nothing.
[[nodiscard]] std::string percent_text(int64_t count, int64_t total);

// What follows the golden figures: the table and the paths of a campaign, the plan of a dry run, "" or the
// path of the scores of a golden run.
[[nodiscard]] std::string outcome_text(const CampaignResult& result);

}  // namespace tf_injector::cli
