#include "stats/expected_error.hpp"

#include <algorithm>
#include <cmath>

namespace tf_injector::detail {

double expected_error(const StreamShape& shape, double draws) {
  const double v = shape.variance;
  const double up = std::min(kCapitalKept / shape.most, std::sqrt(2 * shape.log_upper / (v * draws)));
  const double down = std::min(kCapitalKept / shape.drop, std::sqrt(2 * shape.log_lower / (v * draws)));
  const double upper = shape.log_upper / (draws * up) + up * v / 2;
  const double lower = shape.log_lower / (draws * down) + down * v / 2;
  return (upper + lower) / 2;
}

double expected_draws(const StreamShape& shape, double error) {
  double low = 10, high = 1e9;
  for (int step = 0; step < 60; ++step) {
    const double middle = std::sqrt(low * high);
    (expected_error(shape, middle) > error ? low : high) = middle;
  }
  return high;
}

Bets bets_for(const StreamShape& shape, double draws, double error, double large, double lower_room) {
  const double v = shape.variance, most = shape.most;
  const double room = std::max(2 * error - std::sqrt(2 * shape.log_lower * v / draws), error / 2);
  const double part = large / (most * most);
  return {.upper = std::min({kCapitalKept / most, (1 - part / (part + room)) / most,
                             std::sqrt(2 * shape.log_upper / (v * draws))}),
          .lower = std::min(kCapitalKept / lower_room, std::sqrt(2 * shape.log_lower / (v * draws)))};
}

}  // namespace tf_injector::detail
