#include "cli/text/estimate_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "cli/text/progress_text.hpp"
#include "cli/text/text_table.hpp"

namespace tf_injector::detail::cli {
namespace {

// Decimals of a percentage that is known to this width: two digits of it.
int decimals_of(double width_percent) {
  constexpr int kMost = 6;
  if (!(width_percent > 0)) return kMost;
  return std::clamp(1 - static_cast<int>(std::floor(std::log10(width_percent))), 0, kMost);
}

// "1,234,567"
std::string count_text(int64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

const char* effect_of(EstimateMetric metric) {
  switch (metric) {
    case EstimateMetric::critical:
      return "changes the decision on {} of the images";
    case EstimateMetric::masked:
      return "leaves every score unchanged on {} of the images";
    case EstimateMetric::non_critical:
      return "changes scores but not the decision on {} of the images";
    case EstimateMetric::sdc5:
      return "drops the right decision out of the first five classes on {} of the images";
    case EstimateMetric::due:
      return "gives NaN or infinite scores on {} of the images";
  }
  return "{}";
}

std::string stop_text(const Estimate& estimate) {
  switch (estimate.stopped) {
    case EstimateStop::error:
      return fmt::format("within +-{:g} % as asked", 100 * estimate.options.error);
    case EstimateStop::time:
      return "the time was up: the interval is wider than asked, and valid";
    case EstimateStop::exhausted:
      return "all faults were evaluated on all images";
    case EstimateStop::interrupted:
      return "interrupted: the interval is wider than asked, and valid";
  }
  return "";
}

std::string bits_text(const EstimateStratum& stratum) {
  return stratum.bit_first == stratum.bit_last ? std::to_string(stratum.bit_first)
                                               : fmt::format("{}-{}", stratum.bit_first, stratum.bit_last);
}

}  // namespace

std::string interval_text(double estimate, double low, double high) {
  const int decimals = decimals_of(100 * (high - low) / 2);
  return fmt::format("{:.{}f} % [{:.{}f}, {:.{}f}]", 100 * estimate, decimals, 100 * low, decimals,
                     100 * high, decimals);
}

std::string estimate_sentence(const Estimate& estimate) {
  const std::string share = interval_text(estimate.estimate, estimate.low, estimate.high);
  return fmt::format("A random bit flip in a kernel {}, at {:g} % confidence.",
                     fmt::format(fmt::runtime(effect_of(estimate.options.metric)), share),
                     100 * estimate.options.confidence);
}

std::string estimate_text(const Estimate& estimate) {
  const bool by_network = estimate.options.by == EstimateBy::network;
  std::vector<Column> columns;
  const bool has_layers = std::any_of(estimate.strata.begin(), estimate.strata.end(),
                                      [](const EstimateStratum& s) { return !s.layer.empty(); });
  const bool has_parts = std::any_of(estimate.strata.begin(), estimate.strata.end(),
                                     [](const EstimateStratum& s) { return !s.part.empty(); });
  if (has_layers) columns.push_back({"layer"});
  columns.push_back({"bit", true});
  if (has_parts) columns.push_back({"part"});
  for (const char* title : {"population", "faults", "estimate %", "low", "high"})
    columns.push_back({title, true});
  std::vector<std::vector<std::string>> rows;
  for (const EstimateStratum& stratum : estimate.strata) {
    std::vector<std::string> row;
    if (has_layers) row.push_back(stratum.layer);
    row.push_back(bits_text(stratum));
    if (has_parts) row.push_back(stratum.part);
    const int decimals = decimals_of(100 * (stratum.high - stratum.low) / 2);
    row.push_back(count_text(stratum.population));
    row.push_back(count_text(stratum.faults));
    for (const double share : {stratum.estimate, stratum.low, stratum.high})
      row.push_back(fmt::format("{:.{}f}", 100 * share, decimals));
    rows.push_back(std::move(row));
  }
  const std::string what = by_network ? "each interval at this confidence" : "all intervals hold at once";
  return estimate_sentence(estimate) + "\n" +
         fmt::format("{} of {} faults, each on {} of {} images: {} inferences in {}; {}\n\n",
                     count_text(estimate.faults), count_text(estimate.population), estimate.images_per_fault,
                     count_text(estimate.images), count_text(estimate.inferences),
                     duration_text(estimate.seconds), stop_text(estimate)) +
         text_table(columns, rows) + fmt::format("({})\n", what);
}

}  // namespace tf_injector::detail::cli
