#include "stats/betting_bound.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/elementary.hpp"
#include "stats/product.hpp"

namespace tf_injector::detail {
namespace {

constexpr double kOutward = 1e-9;

}  // namespace

BettingBound::BettingBound(Side side, double alpha)
    : sign_(side == Side::upper ? 1.0 : -1.0), log_threshold_(-natural_log(alpha)) {}

void BettingBound::add(double z, double bet) {
  z_.push_back(z);
  bet_.push_back(bet);
}

BettingBound::Slope BettingBound::at(double mu) const {
  Product capital;
  double derivative = 0;
  for (size_t i = 0; i < z_.size(); ++i) {
    const double factor = 1 + sign_ * bet_[i] * (mu - z_[i]);
    if (!(factor > 1e-15)) return {-std::numeric_limits<double>::infinity(), 0};
    capital.multiply(factor);
    derivative += bet_[i] / factor;
  }
  return {capital.log(), derivative};
}

// The logarithm of the capital is concave in mu and grows towards the end that is bounded: Newton's method,
// begun where it is below the threshold, goes to the root without passing it.
double BettingBound::solve(double low, double high) const {
  constexpr int kMostSteps = 200;
  const double worst = sign_ > 0 ? high : low;
  double mu = sign_ > 0 ? low : high;
  for (int step = 0; step < kMostSteps; ++step) {
    const auto [log_capital, derivative] = at(mu);
    if (log_capital >= log_threshold_) break;
    const double move = std::isinf(log_capital) ? std::fabs(worst - mu) / 16  // out of range by rounding
                                                : (log_threshold_ - log_capital) / derivative;
    if (!(move < std::fabs(worst - mu))) return worst;
    mu += sign_ * move;
    if (move < kOutward / 10) break;
  }
  return sign_ > 0 ? std::min(mu + kOutward, high) : std::max(mu - kOutward, low);
}

}  // namespace tf_injector::detail
