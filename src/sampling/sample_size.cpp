#include "sampling/sample_size.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/bits.hpp"
#include "graph/storage.hpp"

namespace tf_injector::detail {
namespace {

constexpr double kOutlier = 1000;

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

std::vector<double> mean_distances(std::span<const Weight* const> kernels) {
  std::vector<double> sums(static_cast<size_t>(storage_bits(kernels.front()->storage)), 0.0);
  double count = 0;
  for (const Weight* kernel : kernels) {
    count += static_cast<double>(kernel->values.size());
    for (size_t i = 0; i < kernel->values.size(); ++i) {
      const auto w = static_cast<double>(kernel->values[i]);
      const uint32_t code = stored_code(*kernel, i);
      for (size_t b = 0; b < sums.size(); ++b) {
        const float flipped = bits_float(decoded(*kernel, i, code ^ (uint32_t{1} << b)));
        sums[b] += std::fabs(static_cast<double>(flipped) - w);
      }
    }
  }
  for (double& sum : sums) sum /= count;
  return sums;
}

bool is_outlier(const std::vector<double>& distances, size_t bit) {
  if (!std::isfinite(distances[bit])) return true;
  std::vector<double> others;
  for (size_t b = 0; b < distances.size(); ++b)
    if (b != bit)
      others.push_back(std::isnan(distances[b]) ? std::numeric_limits<double>::infinity() : distances[b]);
  return distances[bit] > kOutlier * median(std::move(others));
}

}  // namespace

// Bisection on the error function: erfc(t / sqrt 2) = 1 - confidence. Two decimals leave the host's erfc no
// say.
double normal_quantile(double confidence) {
  double low = 0, high = 40;
  for (int step = 0; step < 200; ++step) {
    const double middle = (low + high) / 2;
    (std::erfc(middle / std::sqrt(2.0)) > 1 - confidence ? low : high) = middle;
  }
  return std::nearbyint(100 * low) / 100;
}

double sample_size(double population, double error, double t, double p) {
  const double spread = p * (1 - p);
  if (spread <= 0 || population <= 0) return 0;
  return population / (1 + error * error * (population - 1) / (t * t * spread));
}

double margin_of(int64_t population, int64_t faults, double t, double p) {
  if (faults >= population) return 0;
  if (faults <= 0) return 1;
  const auto n = static_cast<double>(faults), all = static_cast<double>(population);
  const double spread = p > 0 && p < 1 ? p * (1 - p) : 0.25;
  return std::min(1.0, t * std::sqrt(spread / n * ((all - n) / (all - 1))));
}

std::vector<double> bit_probabilities(std::span<const Weight* const> kernels) {
  const std::vector<double> distances = mean_distances(kernels);
  double least = std::numeric_limits<double>::infinity(), largest = 0;
  std::vector<bool> outlier(distances.size());
  for (size_t b = 0; b < distances.size(); ++b) {
    outlier[b] = is_outlier(distances, b);
    if (outlier[b]) continue;
    least = std::min(least, distances[b]);
    largest = std::max(largest, distances[b]);
  }
  std::vector<double> p(distances.size(), 0.5);
  for (size_t b = 0; b < distances.size(); ++b)
    if (!outlier[b] && largest > least) p[b] = 0.5 * (distances[b] - least) / (largest - least);
  return p;
}

}  // namespace tf_injector::detail
