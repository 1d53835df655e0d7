// Division that rounds up.
#include "core/round_up.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

namespace tf_injector::detail {
namespace {

TEST(RoundUp, IsTheLeastMultipleThatIsNotBelow) {
  for (int unit = 1; unit <= 17; ++unit) {
    for (int count = 0; count <= 100; ++count) {
      int least = 0, units = 0;
      while (least < count) least += unit, ++units;
      EXPECT_EQ(round_up(count, unit), least) << count << ' ' << unit;
      EXPECT_EQ(divide_up(count, unit), units) << count << ' ' << unit;
    }
  }
}

TEST(RoundUp, KeepsTheTypeOfTheCount) {
  EXPECT_EQ(round_up(int64_t{5'000'000'001}, 16), int64_t{5'000'000'016});
  EXPECT_EQ(divide_up(size_t{4097}, 4096), size_t{2});
  static_assert(std::is_same_v<decltype(round_up(int64_t{1}, 2)), int64_t>);
}

}  // namespace
}  // namespace tf_injector::detail
