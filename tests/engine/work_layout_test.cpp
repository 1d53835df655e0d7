#include "engine/work_layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

MemoryNeeds needs() {
  MemoryNeeds needs;
  needs.engine.sizes = {{.bytes_per_thread = 1000}};
  needs.engine.bytes_per_thread_image = 90;
  needs.engine.bytes_per_fault = 40;
  needs.engine.preferred_tile = 16;
  needs.feed_bytes_per_image = 10;
  needs.bytes_per_fault = 8;
  needs.bytes_per_thread_fault = 1;
  needs.fixed_bytes = 500;
  return needs;
}

// What the layout takes, by the meaning of each field.
uint64_t bytes_of(const WorkLayout& layout) {
  const auto threads = static_cast<uint64_t>(layout.threads);
  return 500 + threads * (1000 + static_cast<uint64_t>(layout.tile) * 100) +
         layout.most_faults * (48 + threads);
}

TEST(WorkLayout, TakesWhatItPrefersWhenMemoryAllows) {
  const WorkLayout layout =
      plan_work(needs(), {.bytes = 1 << 30, .images = 1000, .faults = 77, .threads = 4});
  EXPECT_EQ(layout.threads, 4);
  EXPECT_EQ(layout.tile, 16);
  EXPECT_EQ(layout.most_faults, 77u);
  EXPECT_EQ(layout.bytes, bytes_of(layout));
}

TEST(WorkLayout, NoTileIsLargerThanAThreadsShare) {
  EXPECT_EQ(plan_work(needs(), {.bytes = 1 << 30, .images = 9, .faults = 1, .threads = 4}).tile, 3);
  EXPECT_EQ(plan_work(needs(), {.bytes = 1 << 30, .images = 1, .faults = 1, .threads = 4}).tile, 1);
  EXPECT_EQ(plan_work(needs(), {.bytes = 1 << 30, .images = 9, .faults = 1, .threads = 4, .tile = 7}).tile,
            7);
  EXPECT_EQ(plan_work(needs(), {.bytes = 1 << 30, .images = 9, .faults = 1, .threads = 4, .tile = 70}).tile,
            9);
}

TEST(WorkLayout, StaysWithinTheBoundAndTakesTheMostThatFits) {
  for (uint64_t bytes = 1649; bytes < 30000; bytes += 13) {
    const WorkLayout layout =
        plan_work(needs(), {.bytes = bytes, .images = 1000, .faults = 100, .threads = 4});
    ASSERT_LE(bytes_of(layout), bytes);
    ASSERT_EQ(layout.bytes, bytes_of(layout));
    if (layout.most_faults < 100) {
      WorkLayout more = layout;
      ++more.most_faults;
      ASSERT_GT(bytes_of(more), bytes);
    }
  }
}

TEST(WorkLayout, GivesUpTilesBeforeThreads) {
  const WorkLayout layout = plan_work(needs(), {.bytes = 6000, .images = 1000, .faults = 100, .threads = 4});
  EXPECT_EQ(layout.threads, 4);
  EXPECT_LT(layout.tile, 16);
  EXPECT_EQ(plan_work(needs(), {.bytes = 3000, .images = 1000, .faults = 100, .threads = 4}).threads, 2);
  const WorkLayout fixed =
      plan_work(needs(), {.bytes = 6000, .images = 1000, .faults = 100, .threads = 4, .tile = 16});
  EXPECT_EQ(fixed.tile, 16);
  EXPECT_EQ(fixed.threads, 2);
}

TEST(WorkLayout, TakesTheThreadsAndTheSizeThatAreFastestTogether) {
  MemoryNeeds sized = needs();
  sized.engine.sizes = {{.bytes_per_thread = 1000, .speed = 1},
                        {.bytes_per_thread = 400, .speed = 0.8},
                        {.bytes_per_thread = 100, .speed = 0.3}};
  const auto layout = [&](uint64_t bytes) {
    const WorkLayout chosen = plan_work(sized, {.bytes = bytes, .images = 1000, .faults = 1, .threads = 4});
    EXPECT_LE(chosen.bytes, bytes);
    return std::make_pair(chosen.threads, chosen.size);
  };
  EXPECT_EQ(layout(100000), std::make_pair(4, size_t{0}));
  EXPECT_EQ(layout(5000), std::make_pair(4, size_t{0}));
  EXPECT_EQ(layout(4000), std::make_pair(4, size_t{1}));
  EXPECT_EQ(layout(2500), std::make_pair(3, size_t{1}));
  EXPECT_EQ(layout(1800), std::make_pair(2, size_t{1}));
  EXPECT_EQ(layout(1500), std::make_pair(4, size_t{2}));
  EXPECT_EQ(layout(760), std::make_pair(1, size_t{2}));
}

TEST(WorkLayout, CountsWhatWasTakenBefore) {
  MemoryNeeds after = needs();
  after.peak_bytes = 5 << 20;
  const WorkLimits limits{.bytes = (5 << 20) - 1, .images = 1000, .faults = 100, .threads = 4};
  EXPECT_THROW(static_cast<void>(plan_work(after, limits)), Error);
  WorkLimits enough = limits;
  enough.bytes = 5 << 20;
  EXPECT_EQ(plan_work(after, enough).bytes, 5U << 20);
}

TEST(WorkLayout, SaysTheLeastThatWouldDo) {
  const WorkLimits least{.bytes = 1649, .images = 1000, .faults = 100, .threads = 4};
  EXPECT_EQ(plan_work(needs(), least).most_faults, 1u);
  WorkLimits less = least;
  less.bytes = 1648;
  try {
    static_cast<void>(plan_work(needs(), less));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::out_of_memory);
    EXPECT_STREQ(error.what(),
                 "not enough memory: 1.6 kB may be used, this network and test set need at least "
                 "`memory` 3M; give more, or fewer images (`limit`)");
  }
  less.faults = 0;  // a golden-only run needs less
  EXPECT_EQ(plan_work(needs(), less).threads, 1);
}

// In whole megabytes, rounded up, two of them for what runs differ by.
TEST(WorkLayout, SaysTheLeastInWholeMegabytes) {
  const auto said = [](uint64_t peak) -> std::string {
    MemoryNeeds after = needs();
    after.peak_bytes = peak;
    try {
      static_cast<void>(plan_work(after, {.bytes = 1000, .images = 1000, .faults = 100, .threads = 4}));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(said((5 << 20) - 1).find("`memory` 7M;"), std::string::npos) << said((5 << 20) - 1);
  EXPECT_NE(said(5 << 20).find("`memory` 7M;"), std::string::npos) << said(5 << 20);
  EXPECT_NE(said((5 << 20) + 1).find("`memory` 8M;"), std::string::npos) << said((5 << 20) + 1);
}

// Of the size that takes least, on one thread, image by image.
TEST(WorkLayout, SaysTheLeastOfTheSmallestSize) {
  MemoryNeeds sized = needs();
  sized.engine.sizes = {{.bytes_per_thread = 400 << 20, .speed = 1},
                        {.bytes_per_thread = 80 << 20, .speed = 0.5}};
  sized.engine.bytes_per_thread_image = 7 << 20;
  sized.feed_bytes_per_image = 1 << 20;
  sized.engine.bytes_per_fault = 2 << 20;
  sized.fixed_bytes = 3 << 20;
  try {
    static_cast<void>(plan_work(sized, {.bytes = 50 << 20, .images = 100, .faults = 10, .threads = 4}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("`memory` 96M;"));  // 3 + 80 + 7 + 1 + 2, a little, and 2
  }
}

}  // namespace
}  // namespace tf_injector::detail
