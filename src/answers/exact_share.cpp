#include "answers/exact_share.hpp"

#include <algorithm>
#include <boost/math/distributions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>

namespace tf_injector::detail {
namespace {

// The same arithmetic on every CPU: Boost would take wider types where there are some.
using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;
using Beta = boost::math::beta_distribution<double, Policy>;

// Quantile of the binomial share: n draws with replacement.
Interval binomial_interval(double hits, double drawn, double tail) {
  Interval interval;
  if (hits > 0) interval.low = boost::math::quantile(Beta(hits, drawn - hits + 1), tail);
  if (hits < drawn)
    interval.high = boost::math::quantile(boost::math::complement(Beta(hits + 1, drawn - hits), tail));
  return interval;
}

double log_choose(double n, double k) {
  const auto log_factorial = [](double x) { return boost::math::lgamma(x + 1, Policy()); };
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

// P(at most `hits` of `drawn`) where `marked` of `population` have it: the terms from `hits` on away from the
// most likely one, which only become smaller, are added up.
double at_most(int64_t hits, int64_t drawn, int64_t marked, int64_t population) {
  const auto n = static_cast<double>(drawn), k = static_cast<double>(marked),
             all = static_cast<double>(population);
  const int64_t first = std::max<int64_t>(0, drawn - (population - marked)), last = std::min(drawn, marked);
  if (hits < first) return 0;
  if (hits >= last) return 1;
  const auto term_at = [&](double x) {
    return std::exp(log_choose(k, x) + log_choose(all - k, n - x) - log_choose(all, n));
  };
  constexpr double kNegligible = 1e-18;
  double sum = 0;
  const bool is_below = static_cast<double>(hits) < n * k / all;
  if (is_below) {
    double term = term_at(static_cast<double>(hits));
    for (auto i = static_cast<double>(hits); i >= static_cast<double>(first) && term > sum * kNegligible;
         --i) {
      sum += term;
      term *= i * (all - k - n + i) / ((k - i + 1) * (n - i + 1));  // of i - 1
    }
    return std::min(sum, 1.0);
  }
  double term = term_at(static_cast<double>(hits + 1));
  for (auto i = static_cast<double>(hits + 1); i <= static_cast<double>(last) && term > sum * kNegligible;
       ++i) {
    sum += term;
    term *= (k - i) * (n - i) / ((i + 1) * (all - k - n + i + 1));  // of i + 1
  }
  return std::max(1 - sum, 0.0);
}

// The most marked units for which seeing at most `hits` is no less likely than `tail`. Where both are equal
// but for rounding (1 in 20 and half of 1 - 0.9), it is not.
int64_t most_marked(int64_t hits, int64_t drawn, int64_t population, double tail) {
  constexpr double kRounding = 1e-9;
  const double least = tail * (1 - kRounding);
  int64_t low = hits, high = population - (drawn - hits);
  while (low < high) {
    const int64_t middle = low + (high - low + 1) / 2;
    if (at_most(hits, drawn, middle, population) >= least)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

}  // namespace

Interval exact_share_interval(int64_t hits, int64_t drawn, std::optional<int64_t> population,
                              double confidence) {
  if (drawn <= 0) return {};
  const double tail = (1 - confidence) / 2;
  const auto n = static_cast<double>(drawn);
  // Of a small part of a population the two intervals are one, and the binomial one is never too narrow.
  constexpr int64_t kSmallPart = 100;
  if (!population || drawn < *population / kSmallPart)
    return binomial_interval(static_cast<double>(hits), n, tail);
  const auto all = static_cast<double>(*population);
  const int64_t most = most_marked(hits, drawn, *population, tail);
  const int64_t most_unmarked = most_marked(drawn - hits, drawn, *population, tail);
  return {.low = static_cast<double>(*population - most_unmarked) / all,
          .high = static_cast<double>(most) / all};
}

}  // namespace tf_injector::detail
