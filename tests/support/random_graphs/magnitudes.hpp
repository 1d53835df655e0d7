// How large the numbers of a network are: ordinary, or at one of the places where float arithmetic changes
// its manners.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "support/random_graphs/dice.hpp"

namespace tf_injector::detail::test {

enum class Theme {
  ordinary,
  joins,       // as ordinary, with values of all ranks that meet
  overflow,    // sums, or BatchNormalization on its way, about the largest float
  underflow,   // products about the smallest: sums that lose them, scaled up and clipped
  cancelling,  // sums of both signs about the smallest, which are added up again
  squares,     // changes whose squares are flushed to zero, added to others
  tiny_slope,  // large inputs times factors whose product is no normal float
  wide,        // any magnitude at any place
  special,     // Inf, NaN, -0 and denormals among weights and images
};
inline constexpr std::array kThemes = {Theme::ordinary,   Theme::joins,      Theme::overflow,
                                       Theme::underflow,  Theme::cancelling, Theme::squares,
                                       Theme::tiny_slope, Theme::wide,       Theme::special};

[[nodiscard]] inline const char* theme_name(Theme theme) {
  constexpr std::array names = {"ordinary", "joins",      "overflow", "underflow", "cancelling",
                                "squares",  "tiny_slope", "wide",     "special"};
  return names[static_cast<size_t>(theme)];
}

// Layers of numbers at an edge of the float range.
[[nodiscard]] inline bool is_edge(Theme theme) {
  return theme != Theme::ordinary && theme != Theme::joins && theme != Theme::special;
}

// Decimal logarithms of the magnitudes that a layer's outputs pass through.
struct Decades {
  double sum = 0.0;         // the chain of multiply-adds
  double normalised = 0.0;  // (sum - mean) / deviation
  double outcome = 0.0;     // times gamma
  bool is_edge = false;     // this is what the theme is about
};

// Division by a deviation moves a magnitude by 19 decades at most: variances are floats.
inline double divided(Dice& dice, double from, double least, double most) {
  return std::clamp(dice.real(least, most), from - 18.5, from + 18.5);
}

// Those that a theme wishes for where the inputs are about 10^x. Where they are not what an edge needs, they
// are made so for the next layer; and not all layers lie at an edge: what happened there has to come to the
// scores.
inline Decades decades(Dice& dice, Theme theme, double x, bool is_normalised) {
  const auto even = [&](double least, double most) {
    const double d = dice.real(least, most);
    return Decades{d, d, d};
  };
  if (dice.chance(0.05)) return even(-0.5, 0.5);
  switch (theme) {
    case Theme::overflow: {  // a change whose square overflows has no bound, a weight is below 3.4e38
      if (x < 2.0 || x > 19.0)
        return dice.chance(0.1) ? even(-0.5, 0.5) : even(dice.among({3.0, 12.0}), 18.5);
      if (!is_normalised || dice.chance(0.3)) {
        const double sum = dice.real(38.1, 39.2);
        return {sum, divided(dice, sum, 20.0, 38.0), dice.real(-5.0, 36.0), true};
      }
      const double sum = dice.real(20.0, dice.among({27.0, 36.0}));
      return {sum, divided(dice, sum, 38.0, 40.0), dice.real(-5.0, dice.among({18.0, 36.0})), true};
    }
    case Theme::cancelling: {
      if (x < -36.0 || x > -1.0) return even(-30.0, -3.0);
      const double sum = dice.real(-38.2, -37.6);
      return {sum, sum, sum, true};
    }
    case Theme::underflow: {
      if (x < -26.0 || x > -2.0) return dice.chance(0.1) ? even(-0.5, 0.5) : even(-25.0, -3.0);
      const double sum = dice.real(-38.2, -37.5);
      return {sum, divided(dice, sum, sum, sum + 19.0), dice.real(-12.0, 0.0), true};
    }
    case Theme::squares: {
      if (x < -20.5 || x > -18.5) return even(-20.2, -19.0);
      const double sum = x + dice.real(-12.0, 0.5);
      return {sum, sum, dice.real(-22.0, -19.0), true};
    }
    case Theme::tiny_slope: {
      if (x < 9.0 || x > 19.0) return dice.chance(0.1) ? even(-0.5, 0.5) : even(11.0, 18.8);
      const double slope = dice.real(-47.0, -38.0), weights = slope / 2.0 + dice.real(-8.0, 8.0);
      return {x + weights, divided(dice, x + weights, x + slope, x + weights), x + slope, true};
    }
    case Theme::wide: {
      const auto anything = [&] {
        return dice.among({-38.0, -30.0, -19.0, -8.0, 0.0, 0.0, 8.0, 19.0, 30.0, 38.0}) +
               dice.real(-1.0, 1.0);
      };
      const double sum = anything();
      return {sum, divided(dice, sum, -38.0, 38.5), anything(), true};
    }
    default:
      return even(-0.5, 0.5);
  }
}

// A float of about this size: no weight is beyond the largest.
inline float about(double decade, double factor = 1.0) {
  const double value = factor * std::pow(10.0, std::clamp(decade, -44.0, 38.5));
  return static_cast<float>(std::clamp(value, -3.4e38, 3.4e38));
}

// How numbers of one array are spread around their magnitude.
struct Spread {
  double zeros = 0.0;     // share of +0
  double negative = 0.5;  // share below 0
  bool is_even = false;   // all about as large; else normally distributed
  double special = 0.0;   // share of Inf, NaN, -0, denormals, very large and very small ones
};

inline float special_number(Dice& dice) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  return dice.among(
      {kInf, -kInf, kNan, -0.0f, -0.0f, 0.0f, 1e-44f, -1e-39f, 1.2e-38f, -1.2e-38f, 3e38f, -3e38f});
}

inline std::vector<float> numbers(Dice& dice, int64_t count, double decade, const Spread& spread) {
  std::vector<float> values(static_cast<size_t>(count));
  for (float& v : values) {
    const double size = spread.is_even ? dice.real(0.6, 1.4) : std::fabs(dice.normal());
    v = about(decade, dice.chance(spread.negative) ? -size : size);
    if (dice.chance(spread.zeros)) v = 0.0f;
    if (dice.chance(spread.special)) v = special_number(dice);
  }
  return values;
}

inline Spread random_spread(Dice& dice, Theme theme) {
  Spread spread;
  spread.zeros = dice.among({0.0, 0.0, 0.0, 0.3, 0.7});
  spread.negative =
      theme == Theme::underflow ? dice.among({0.5, 0.0, 0.1}) : dice.among({0.5, 0.5, 0.5, 0.1, 0.9});
  spread.is_even = dice.chance(theme == Theme::underflow || theme == Theme::cancelling ? 0.7 : 0.3);
  if (theme == Theme::special) spread.special = dice.among({0.0, 0.01, 0.05});
  return spread;
}

}  // namespace tf_injector::detail::test
