// The mean of an outcome over a part of the population, from the report's rows.
#pragma once

#include <span>
#include <vector>

#include "answers/domain_walk.hpp"
#include "stats/interval.hpp"
#include "stats/sample_mean.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector::detail {

// Whether an outcome is measured as a share of images or as happening at all.
enum class OutcomeUnit { images, faults };

// `domain` has been walked (domain_walk.hpp); `values`: of the report's rows, between 0 and 1.
[[nodiscard]] SampleMean domain_mean(const SampleDesign& design, const Domain& domain,
                                     std::span<const double> values, Outcome outcome, OutcomeUnit unit,
                                     double confidence);

// The share of that mean that comes from the rows of some cells: r of `is_part` cells' values to all values.
// Of images, of an outcome that is rare except in bit 30.
[[nodiscard]] Interval domain_ratio(const SampleDesign& design, const Domain& domain,
                                    std::span<const double> values, const std::vector<bool>& is_part,
                                    double confidence);

}  // namespace tf_injector::detail
