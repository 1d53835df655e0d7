#include "answers/domain_mean.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "stats/sample_ratio.hpp"

namespace tf_injector::detail {
namespace {

constexpr int kTopExponentBit = 30;

// What is believed of a bit before its faults are looked at.
Pool pool_of(Outcome outcome, OutcomeUnit unit, int bit) {
  if (outcome != Outcome::critical || unit == OutcomeUnit::faults) return {};
  return bit == kTopExponentBit ? Pool{.population = 0, .mean = 0.4, .variance = 0.2}
                                : Pool{.population = 0, .mean = 0, .variance = 0.0005};
}

}  // namespace

SampleMean domain_mean(const SampleDesign& design, const Domain& domain, std::span<const double> values,
                       Outcome outcome, OutcomeUnit unit, double confidence) {
  std::vector<Pool> pools;
  std::map<int, size_t> pool_of_bit;
  // Where sizes are not known, the bits' shares of the population are not known either.
  const auto key_of = [&](size_t cell) { return design.sizes_known ? design.cells[cell].bit : 0; };
  for (const size_t cell : domain.cells) {
    const auto [at, is_new] = pool_of_bit.try_emplace(key_of(cell), pools.size());
    if (is_new) pools.push_back(pool_of(outcome, unit, key_of(cell)));
    pools[at->second].population += design.cells[cell].population;
  }
  SampleMean mean(pools, confidence, std::max<int64_t>(domain.rows, 1), domain.lost);
  for (const DomainEvent& event : domain.events) {
    const size_t pool = pool_of_bit.at(key_of(event.cell));
    if (event.row < 0)
      mean.lose(pool, event.lost);
    else
      mean.add(pool, values[static_cast<size_t>(event.row)], event.ratio, event.most, event.weight);
  }
  return mean;
}

Interval domain_ratio(const SampleDesign& design, const Domain& domain, std::span<const double> values,
                      const std::vector<bool>& is_part, double confidence) {
  std::vector<RatioPool> pools;
  std::map<std::pair<int, bool>, size_t> places;
  const auto key_of = [&](size_t cell) {
    return std::pair(design.sizes_known ? design.cells[cell].bit : 0, bool{is_part[cell]});
  };
  for (const size_t cell : domain.cells) {
    const auto [at, is_new] = places.try_emplace(key_of(cell), pools.size());
    if (is_new) {
      const Pool believed = pool_of(Outcome::critical, OutcomeUnit::images, at->first.first);
      RatioPool pool{.population = 0, .part = Belief(0, 0), .rest = Belief(0, 0)};
      (is_part[cell] ? pool.part : pool.rest) = Belief(believed.mean, believed.variance);
      pools.push_back(pool);
    }
    pools[at->second].population += design.cells[cell].population;
  }
  SampleRatio ratio(pools, confidence, std::max<int64_t>(domain.rows, 1));
  for (const DomainEvent& event : domain.events) {
    const size_t pool = places.at(key_of(event.cell));
    if (event.row < 0) {
      ratio.lose(pool, event.lost);
      continue;
    }
    const double value = values[static_cast<size_t>(event.row)];
    const bool is_of_part = is_part[event.cell];
    ratio.add(pool, is_of_part ? value : 0, is_of_part ? 0 : value, event.ratio, event.most);
  }
  return ratio.interval();
}

}  // namespace tf_injector::detail
