#include "answers/protect/layer_ranking.hpp"

#include <algorithm>

namespace tf_injector::detail {
namespace {

constexpr double kFaultsOfBit = 3;  // that a bit's mean counts as (stats/belief.hpp)

struct WeightedMean {
  double weight = 0, sum = 0;
  void add(double value, double with) {
    weight += with;
    sum += value * with;
  }
  [[nodiscard]] double mean_or(double other) const { return weight > 0 ? sum / weight : other; }
};

}  // namespace

std::vector<size_t> rank_layers(const SampleDesign& design, const Domain& domain,
                                std::span<const double> values) {
  std::vector<WeightedMean> cells(design.cells.size());
  std::vector<WeightedMean> bits(static_cast<size_t>(storage_bits(design.storage)));
  WeightedMean all;
  for (const DomainEvent& event : domain.events) {
    if (event.row < 0) continue;
    const double value = values[static_cast<size_t>(event.row)];
    cells[event.cell].add(value, 1);
    bits.at(static_cast<size_t>(design.cells[event.cell].bit)).add(value, event.weight);
    all.add(value, event.weight);
  }
  std::vector<WeightedMean> layers(design.layers.size());
  for (size_t c = 0; c < design.cells.size(); ++c) {
    const DesignCell& cell = design.cells[c];
    const double of_bit = bits.at(static_cast<size_t>(cell.bit)).mean_or(all.mean_or(0));
    const double mean = (cells[c].sum + kFaultsOfBit * of_bit) / (cells[c].weight + kFaultsOfBit);
    layers[cell.layer].add(mean, cell.population);
  }
  std::vector<size_t> order;
  for (size_t i = 0; i < layers.size(); ++i)
    if (layers[i].weight > 0) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return layers[a].mean_or(0) > layers[b].mean_or(0); });
  return order;
}

DomainHalves halves_of(const Domain& domain) {
  DomainHalves halves;
  for (Domain* half : {&halves.first, &halves.second}) {
    half->cells = domain.cells;
    half->population = domain.population;
    half->is_one_group = domain.is_one_group;
  }
  int64_t rows = 0;
  for (const DomainEvent& event : domain.events) {
    if (event.row < 0) continue;
    Domain& half = 2 * rows++ < domain.rows ? halves.first : halves.second;
    half.events.push_back(event);
    ++half.rows;
  }
  return halves;
}

}  // namespace tf_injector::detail
