// How many faults a stratum needs (Leveugle et al., DATE 2009; Ruospo et al., DATE 2023).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "graph/weight.hpp"
#include "tf_injector/fault_sampling.hpp"

namespace tf_injector::detail {

// Two-sided quantile of the normal distribution, to two decimals: 2.58 at 0.99.
[[nodiscard]] double normal_quantile(double confidence);

// n = N / (1 + e^2 (N - 1) / (t^2 p (1 - p))), not rounded; 0 where p is 0 or 1.
[[nodiscard]] double sample_size(double population, double error, double t, double p);

// e = t sqrt(p (1 - p) / n (N - n) / (N - 1)), at most 1; 0 where all are taken. A p of 0 or 1, which would
// make any sample certain, counts as 0.5.
[[nodiscard]] double margin_of(int64_t population, int64_t faults, double t, double p);

// For each bit of what is stored the p of the data-aware scheme. D(i) is the mean of |w with bit i flipped -
// w| over all weights, summed in doubles in their order. Bits whose D is not finite, or more than 1,000 times
// the median of the other bits' D, get 0.5; the D of the rest are scaled linearly so that the least becomes 0
// and the largest 0.5.
[[nodiscard]] std::vector<double> bit_probabilities(std::span<const Weight* const> kernels);

}  // namespace tf_injector::detail
