#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "tf_injector/estimate.hpp"

namespace tf_injector {
namespace {

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

}  // namespace

// Two digits of half the interval's width.
int share_decimals(double width) {
  constexpr int kMost = 6;
  const double half_percent = 100 * width / 2;
  if (!(half_percent > 0)) return kMost;
  return std::clamp(1 - static_cast<int>(std::floor(std::log10(half_percent))), 0, kMost);
}

std::string interval_text(double estimate, double low, double high) {
  const int decimals = share_decimals(high - low);
  return fmt::format("{:.{}f} % [{:.{}f}, {:.{}f}]", 100 * estimate, decimals, 100 * low, decimals,
                     100 * high, decimals);
}

std::string estimate_sentence(const Estimate& estimate) {
  const std::string share = interval_text(estimate.estimate, estimate.low, estimate.high);
  const std::string stored = estimate.storage == StorageFormat::float32
                                 ? ""
                                 : fmt::format(" stored in {}", storage_name(estimate.storage));
  return fmt::format("A random bit flip in a kernel{} {}, at {:g} % confidence.", stored,
                     fmt::format(fmt::runtime(effect_of(estimate.options.metric)), share),
                     100 * estimate.options.confidence);
}

}  // namespace tf_injector
