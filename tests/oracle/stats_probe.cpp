// Intervals of shares and means, for comparison with Python (test_statistics.py). Reads commands, prints a
// line of numbers for each:
//   share HITS DRAWN POPULATION(0: none) CONFIDENCE     -> low high
//   mean CONFIDENCE ERROR STRATA, then for each: POPULATION MEAN VARIANCE POOL  ->
//   nothing round                                               -> the probabilities that it chose
//   add STRATUM VALUE, empty
//   look                                                -> low high estimate
#include <fmt/format.h>

#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "answers/exact_share.hpp"
#include "stats/stratified_mean.hpp"

using namespace tf_injector::detail;

namespace {

StratifiedMean read_mean() {
  StratifiedMeanOptions options;
  size_t strata = 0;
  std::cin >> options.confidence >> options.error >> strata;
  std::vector<Stratum> all(strata);
  for (Stratum& s : all) std::cin >> s.population >> s.mean >> s.variance >> s.pool;
  return {all, options};
}

void print(std::span<const double> numbers) { fmt::print("{:.17g}\n", fmt::join(numbers, " ")); }

}  // namespace

int main() {
  std::optional<StratifiedMean> mean;
  for (std::string command; std::cin >> command;) {
    if (command == "share") {
      int64_t hits = 0, drawn = 0, population = 0;
      double confidence = 0;
      std::cin >> hits >> drawn >> population >> confidence;
      const Interval interval = exact_share_interval(
          hits, drawn, population == 0 ? std::nullopt : std::optional(population), confidence);
      print(std::vector{interval.low, interval.high});
    } else if (command == "mean") {
      mean.emplace(read_mean());
    } else if (command == "round") {
      mean->begin_round();
      print(mean->probabilities());
    } else if (command == "add") {
      size_t stratum = 0;
      double value = 0;
      std::cin >> stratum >> value;
      mean->add(stratum, value);
    } else if (command == "empty") {
      mean->add_empty();
    } else if (command == "look") {
      const Interval interval = mean->look();
      print(std::vector{interval.low, interval.high, mean->estimate()});
    } else {
      fmt::print(stderr, "unknown command '{}'\n", command);
      return 2;
    }
  }
  return 0;
}
