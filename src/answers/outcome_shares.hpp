// Shares of an outcome with their intervals: of images, and of faults.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "answers/domain_mean.hpp"
#include "answers/domain_walk.hpp"
#include "answers/sample_design.hpp"
#include "stats/interval.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector::detail {

// Of a row, between 0 and 1: `count` of its images.
[[nodiscard]] double value_of(const Tally& tally, int64_t count, OutcomeUnit unit);
// An estimate never lies outside its interval.
[[nodiscard]] Share share_of(double estimate, const Interval& interval);
// The share of the domain's faults with a value above 0: exact where all of them were equally likely.
[[nodiscard]] Share share_of_faults(const SampleDesign& design, const Domain& domain,
                                    std::span<const double> values, Outcome outcome, double confidence);
// Throws Error(usage): not above 0.5 and below 1.
void check_confidence(double confidence);

}  // namespace tf_injector::detail
