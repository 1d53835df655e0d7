#include "answers/powers_of_ten.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace tf_injector::detail {
namespace {

TEST(PowersOfTen, AreTheNearestDoubles) {
  for (int e = -22; e <= 22; ++e) EXPECT_EQ(power_of_ten(e), std::stod("1e" + std::to_string(e))) << e;
}

TEST(PowersOfTen, DecadesBeginAtTheirPower) {
  for (int e = -21; e <= 22; ++e) {
    const double power = power_of_ten(e);
    EXPECT_EQ(decade_of(power), e);
    EXPECT_EQ(decade_of(std::nextafter(power, 0)), e - 1);
    EXPECT_EQ(decade_of(9.5 * power), e);
  }
  EXPECT_EQ(decade_of(1e-300), -22);
}

TEST(PowersOfTen, Logarithms) {
  for (const double x : {1e-9, 0.003, 0.5, 1.0, 2.0, 10.0, 12345.0})
    EXPECT_NEAR(decimal_log(x), std::log10(x), 1e-14);
}

}  // namespace
}  // namespace tf_injector::detail
