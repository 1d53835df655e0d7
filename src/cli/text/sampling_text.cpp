#include "cli/text/sampling_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/text/text_table.hpp"

namespace tf_injector::detail::cli {
namespace {

std::string margin_text(double least, double most) {
  const auto percent = [](double margin) { return fmt::format("{:.3f} %", 100 * margin); };
  return least == most ? percent(most) : percent(least) + " to " + percent(most);
}

}  // namespace

std::string sampling_text(const SamplingPlan& plan) {
  const std::span<const SamplingStratum> strata = plan.strata();
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < strata.size();) {
    int64_t population = 0, faults = 0, count = 0;
    double least = 1, most = 0;
    const std::string& layer = strata[i].layer;
    for (; i < strata.size() && strata[i].layer == layer; ++i, ++count) {
      population += strata[i].population;
      faults += strata[i].faults;
      least = std::min(least, strata[i].margin);
      most = std::max(most, strata[i].margin);
    }
    rows.push_back({layer.empty() ? "all layers" : layer, std::to_string(count), std::to_string(population),
                    std::to_string(faults), margin_text(least, most)});
  }
  rows.emplace_back();
  rows.push_back({"in all", std::to_string(strata.size()), std::to_string(plan.population()),
                  std::to_string(plan.faults()), ""});
  return fmt::format("{}, seed {}, confidence {} (t = {:.2f})\n", sampling_scheme_name(plan.options().scheme),
                     plan.options().seed, plan.options().confidence, plan.t()) +
         text_table({{"layer"}, {"strata", true}, {"population", true}, {"faults", true}, {"margin", true}},
                    rows);
}

}  // namespace tf_injector::detail::cli
