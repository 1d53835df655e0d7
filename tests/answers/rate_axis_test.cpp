#include "answers/pictures/rate_axis.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail {
namespace {

std::vector<std::string> labels_of(const RateAxis& axis) {
  std::vector<std::string> labels;
  for (const RateAxis::Tick& tick : axis.ticks()) labels.push_back(tick.label);
  return labels;
}

TEST(RateAxis, LikeRatesAreLinear) {
  const std::vector<double> rates = {0.01, 0.03, 0.05, 0};
  const RateAxis axis(rates, 0.078);
  EXPECT_FALSE(axis.is_logarithmic());
  EXPECT_EQ(labels_of(axis), (std::vector<std::string>{"0 %", "2 %", "4 %", "6 %", "8 %"}));
  EXPECT_DOUBLE_EQ(axis.at(0.04), 0.5);
  EXPECT_DOUBLE_EQ(axis.at(0), 0);
}

TEST(RateAxis, RatesOfManyMagnitudesAreLogarithmic) {
  const std::vector<double> rates = {0.4, 0.0002, 0};
  const RateAxis axis(rates, 0.5);
  EXPECT_TRUE(axis.is_logarithmic());
  EXPECT_EQ(labels_of(axis), (std::vector<std::string>{"0", "0.01 %", "0.1 %", "1 %", "10 %", "100 %"}));
  EXPECT_DOUBLE_EQ(axis.at(0), 0);
  EXPECT_DOUBLE_EQ(axis.at(1), 1);
  EXPECT_NEAR(axis.at(0.01) - axis.at(0.001), axis.at(0.1) - axis.at(0.01), 1e-12);
}

TEST(RateAxis, EveryRateHasItsPlace) {
  for (const std::vector<double>& rates :
       {std::vector<double>{}, {0}, {1e-12}, {1}, {1e-9, 1}, {0.3, 0.31}, {0.0002, 0.4}}) {
    for (const double highest : {0.0, 1e-6, 0.02, 1.0}) {
      const RateAxis axis(rates, highest);
      ASSERT_GE(axis.ticks().size(), 2U);
      ASSERT_LE(axis.ticks().size(), 8U);
      double before = 0;
      for (const double rate : {0.0, 1e-12, 1e-6, 0.01, 0.3, 1.0}) {
        EXPECT_GE(axis.at(rate), before);
        EXPECT_LE(axis.at(rate), 1);
        before = axis.at(rate);
      }
    }
  }
}

TEST(RateAxis, ZeroIsNotTheLeastRate) {
  const std::vector<double> rates = {1e-9, 1};
  const RateAxis axis(rates, 1);
  EXPECT_GT(axis.at(1e-9), axis.at(0));
}

}  // namespace
}  // namespace tf_injector::detail
