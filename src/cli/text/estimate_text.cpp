#include "cli/text/estimate_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/text/progress_text.hpp"
#include "cli/text/text_table.hpp"
#include "tf_injector/shard.hpp"

namespace tf_injector::detail::cli {
namespace {

// "1,234,567"
std::string count_text(int64_t number) {
  std::string digits = std::to_string(number);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

// The estimate need not be the middle of the interval: "+-" is said of the interval alone.
std::string width_text(const Estimate& estimate) {
  const double asked = 100 * estimate.options.error;
  if (estimate.options.by != EstimateBy::network)
    return fmt::format("each interval is +-{:g} percentage points or narrower, as asked", asked);
  const double width = estimate.high - estimate.low;
  return fmt::format("the interval is +-{:.{}f} percentage points, {:g} were asked", 100 * width / 2,
                     share_decimals(width), asked);
}

std::string stop_text(const Estimate& estimate) {
  switch (estimate.stopped) {
    case EstimateStop::error:
      return width_text(estimate);
    case EstimateStop::time:
      return "the time was up: the interval is wider than asked, and valid";
    case EstimateStop::exhausted:
      return "all faults were evaluated on all images";
    case EstimateStop::interrupted:
      return "interrupted: the interval is wider than asked, and valid";
  }
  return "";
}

// Of a shard the rate of its parts is no answer.
std::string headline(const Estimate& estimate) {
  if (!estimate.options.shard) return estimate_sentence(estimate);
  const size_t parts = estimate.strata.size();
  return fmt::format(
      "Shard {}: {} {}{}. Once all shards are merged, the whole estimate answers from their state.",
      shard_text(*estimate.options.shard), parts, estimate_by_name(estimate.options.by),
      parts == 1 ? "" : "s");
}

std::string bits_text(const EstimateStratum& stratum) {
  return stratum.bit_first == stratum.bit_last ? std::to_string(stratum.bit_first)
                                               : fmt::format("{}-{}", stratum.bit_first, stratum.bit_last);
}

}  // namespace

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
    const int decimals = share_decimals(stratum.high - stratum.low);
    row.push_back(count_text(stratum.population));
    row.push_back(count_text(stratum.faults));
    // What is expected of a stratum before any of it is drawn is no result.
    row.push_back(stratum.faults > 0 ? fmt::format("{:.{}f}", 100 * stratum.estimate, decimals) : "-");
    for (const double end : {stratum.low, stratum.high})
      row.push_back(fmt::format("{:.{}f}", 100 * end, decimals));
    rows.push_back(std::move(row));
  }
  const std::string what = by_network ? "each interval by itself, from the faults that the rate of the "
                                        "network took: --by bit or --by layer\n"
                                        "samples each part until its own interval is as narrow"
                                      : "all intervals hold at once";
  if (rows.empty()) return headline(estimate) + "\n";
  return headline(estimate) + "\n" +
         fmt::format("{} of {} faults, each on {} of {} images: {} inferences in {}; {}\n\n",
                     count_text(estimate.faults), count_text(estimate.population), estimate.images_per_fault,
                     count_text(estimate.images), count_text(estimate.inferences),
                     duration_text(estimate.seconds), stop_text(estimate)) +
         text_table(columns, rows) + fmt::format("({})\n", what);
}

}  // namespace tf_injector::detail::cli
