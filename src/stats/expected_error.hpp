// How wide betting bounds will be, before they are drawn for: what their bets are sized by.
#pragma once

namespace tf_injector::detail {

// Of the most capital that a bet may lose.
inline constexpr double kCapitalKept = 0.95;

// Of the error probability, for the upper bound: rare harm makes it the one that needs most draws.
inline constexpr double kUpperPart = 0.7;

// Of the numbers z that are bet on.
struct StreamShape {
  double variance = 0;                  // about
  double most = 1;                      // no z is larger
  double drop = 1;                      // how far z can lie below its mean
  double log_upper = 0, log_lower = 0;  // thresholds of the two bounds' capitals, as logarithms
};

// About half the width of the interval after so many draws.
[[nodiscard]] double expected_error(const StreamShape& shape, double draws);
// About the draws, from 10 to 10^9, after which the half width is `error`.
[[nodiscard]] double expected_draws(const StreamShape& shape, double error);

// The fractions of the capital that make the interval narrow after `draws`, where its half width is then
// about `error`. `large`: mean of max(z - mean, 0)^2 so far.
struct Bets {
  double upper = 0, lower = 0;
};
[[nodiscard]] Bets bets_for(const StreamShape& shape, double draws, double error, double large,
                            double lower_room);

}  // namespace tf_injector::detail
