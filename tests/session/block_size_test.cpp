#include "session/block_size.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail {
namespace {

TEST(BlockSize, StartsWithAFractionOfABlockAndGoesByWhatWasMeasured) {
  BlockSize size(1.0, 0.0, {1, 1000, 20.0});
  EXPECT_EQ(size.next(1000), 1u);  // the guess may be far too low
  size.measured(1, 0.1);
  EXPECT_EQ(size.next(140), 140u);
  size.measured(140, 14.0 * 140);
  EXPECT_EQ(size.next(1000), 1u);
}

TEST(BlockSize, CutsTheRestIntoBlocksOfAboutOneSize) {
  BlockSize size(1.0, 0.0, {1, 10, 1e9});
  size.measured(1, 1.0);
  EXPECT_EQ(size.next(11), 6u);
  EXPECT_EQ(size.next(10), 10u);
  EXPECT_EQ(size.next(21), 7u);
  EXPECT_EQ(size.next(1), 1u);
}

TEST(BlockSize, MemoryBoundsABlockAndLeastIsTakenWhateverItCosts) {
  BlockSize bounded(1e-6, 0.0, {1, 12, 20.0});
  EXPECT_EQ(bounded.next(1000000), 12u);
  BlockSize dear(100.0, 0.0, {64, 1000, 20.0});
  EXPECT_EQ(dear.next(640), 64u);
  BlockSize both(100.0, 0.0, {64, 10, 20.0});
  EXPECT_EQ(both.next(1000), 10u);
}

TEST(BlockSize, WhatABlockCostsBesideItsFaultsIsASmallShareOfIt) {
  BlockSize size(0.5, 0.5, {1, 1u << 20, 20.0});
  EXPECT_EQ(size.next(1000000), 2u);  // the first is small all the same
  size.measured(2, 0.02);
  EXPECT_EQ(size.next(2500), 2500u);  // 25 seconds: fifty times 0.5
  BlockSize long_pass(10.0, 10.0, {1, 1u << 20, 20.0});
  long_pass.measured(1, 1.0);
  EXPECT_EQ(long_pass.next(300), 300u);  // 300 seconds, not 500
  EXPECT_EQ(long_pass.next(500), 250u);
  BlockSize short_pass(0.1, 0.1, {1, 1u << 20, 20.0});
  short_pass.measured(1, 1.0);
  EXPECT_EQ(short_pass.next(14), 14u);  // 14 seconds, not 5
}

TEST(BlockSize, TakesTimesThatAClockCannotSee) {
  BlockSize size(0.0, 0.0, {1, 1u << 20, 20.0});
  size.measured(10, 0.0);
  EXPECT_EQ(size.next(1u << 20), 1u << 20);
}

}  // namespace
}  // namespace tf_injector::detail
