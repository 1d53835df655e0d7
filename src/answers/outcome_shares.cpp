#include "answers/outcome_shares.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "answers/exact_share.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {

double value_of(const Tally& tally, int64_t count, OutcomeUnit unit) {
  const auto hits = static_cast<double>(std::max<int64_t>(count, 0));
  if (unit == OutcomeUnit::faults) return hits > 0 ? 1.0 : 0.0;
  return hits / static_cast<double>(std::max<int64_t>(tally.images, 1));
}

Share share_of(double estimate, const Interval& interval) {
  return {.estimate = std::clamp(estimate, interval.low, interval.high),
          .low = interval.low,
          .high = interval.high};
}

Share share_of_faults(const SampleDesign& design, const Domain& domain, std::span<const double> values,
                      Outcome outcome, double confidence) {
  if (!domain.is_one_group) {
    const SampleMean mean = domain_mean(design, domain, values, outcome, OutcomeUnit::faults, confidence);
    return share_of(mean.estimate(), mean.interval());
  }
  int64_t hits = 0;
  for (const DomainEvent& event : domain.events)
    if (event.row >= 0 && values[static_cast<size_t>(event.row)] > 0) ++hits;
  std::optional<int64_t> population;
  const auto all = static_cast<int64_t>(domain.population);
  if (design.sizes_known && domain.rows <= all) population = all;
  const double rate = domain.rows > 0 ? static_cast<double>(hits) / static_cast<double>(domain.rows) : 0.0;
  return share_of(rate, exact_share_interval(hits, domain.rows, population, confidence));
}

void check_confidence(double confidence) {
  if (confidence > 0.5 && confidence < 1) return;
  throw Error(ErrorKind::usage,
              fmt::format("`confidence`: expected a number above 0.5 and below 1, found {}", confidence));
}

}  // namespace tf_injector::detail
