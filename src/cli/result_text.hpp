// What `run` and `bench` print on standard output.
#pragma once

#include <string>
#include <vector>

#include "tf_injector/campaign.hpp"
#include "tf_injector/engine_speed.hpp"

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

// The table of `bench`: a row per engine; the first is what the others are compared with.
[[nodiscard]] std::string speeds_text(const std::vector<EngineSpeed>& speeds);
// The same for programs: a JSON object a line. "name", "faults", "images", "seconds", "faults_per_second" are
// what tools/side_by_side.py reads.
[[nodiscard]] std::string speeds_json(const std::vector<EngineSpeed>& speeds);

}  // namespace tf_injector::cli
