// Which of the known names a mistyped one means.
#include "core/nearest_name.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail {
namespace {

TEST(NearestName, WithinAThirdOfTheLetters) {
  const std::vector<std::string> known{"conv2d", "conv2d_1", "conv2d_10", "dense"};
  EXPECT_EQ(nearest_name("conv2d_2", known), "conv2d_1");
  EXPECT_EQ(nearest_name("Dense", known), "dense");
  EXPECT_EQ(nearest_name("conv2d_100", known), "conv2d_10");
  EXPECT_EQ(nearest_name("con2vd", known), "conv2d");
  EXPECT_EQ(nearest_name("flatten", known), "");
  EXPECT_EQ(nearest_name("", known), "");
  EXPECT_EQ(nearest_name("x", {}), "");
}

}  // namespace
}  // namespace tf_injector::detail
