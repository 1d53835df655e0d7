#include "metrics/decision.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <tuple>

namespace tf_injector::detail {
namespace {

TEST(Decision, ADenormalIsZeroTheLeastNormalIsNot) {
  const auto top = [](float threshold, float score) { return Decision(threshold).top(std::span(&score, 1)); };
  constexpr float kLeastNormal = std::numeric_limits<float>::min();
  EXPECT_EQ(top(0.0f, -0.0f), 0);
  EXPECT_EQ(top(0.0f, 1e-45f), 0);
  EXPECT_EQ(top(0.0f, std::nextafter(kLeastNormal, 0.0f)), 0);
  EXPECT_EQ(top(0.0f, kLeastNormal), 1);
  EXPECT_EQ(top(-kLeastNormal, -1e-45f), 1);
  EXPECT_EQ(top(-kLeastNormal, -kLeastNormal), 0);
  EXPECT_EQ(top(-1.0f, -5.0f), 0);
  EXPECT_EQ(top(-1.0f, -0.5f), 1);
}

TEST(Decision, OfOneOutputUnitTakesBothClassesFromKOfTwoOn) {
  const Decision decision(0.5f);
  const float score[] = {0.7f};
  for (const auto& [k, label, is_in] : {std::tuple{1, 1, true},
                                        {1, 0, false},
                                        {2, 0, true},
                                        {2, 1, true},
                                        {5, 0, true},
                                        {0, 1, false},
                                        {-1, 1, false},
                                        {5, -1, false},
                                        {5, 2, false}})
    EXPECT_EQ(decision.in_top(score, k, label), is_in) << "k " << k << ", label " << label;
  EXPECT_EQ(decision.threshold(), 0.5f);
  EXPECT_EQ(Decision().threshold(), std::nullopt);
}

}  // namespace
}  // namespace tf_injector::detail
