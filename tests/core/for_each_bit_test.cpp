// Every set bit, in order.
#include "core/for_each_bit.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace tf_injector::detail {
namespace {

std::vector<int> bits_of(uint64_t mask) {
  std::vector<int> bits;
  for_each_bit(mask, [&](int bit) { bits.push_back(bit); });
  return bits;
}

TEST(ForEachBit, VisitsTheSetBitsAscending) {
  EXPECT_EQ(bits_of(0), (std::vector<int>{}));
  EXPECT_EQ(bits_of(1), (std::vector<int>{0}));
  EXPECT_EQ(bits_of(uint64_t{1} << 63 | 0b10110), (std::vector<int>{1, 2, 4, 63}));
  EXPECT_EQ(bits_of(~uint64_t{0}).size(), 64u);
}

}  // namespace
}  // namespace tf_injector::detail
