// When the user's callback is told how far a run is, and what; on a clock that only the test moves.
#include "campaign/progress_reporter.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tf_injector::detail {
namespace {

using std::chrono::milliseconds;

class ProgressReporterTest : public testing::Test {
 protected:
  // Of a run of 20 faults on 10 images, with 4 rows that were there before.
  ProgressReporter reporter(ProgressReporter::Callback callback) {
    const Progress before{.faults_total = 20, .faults_before = 4, .rows_written = 4, .images_evaluated = 40};
    return {std::move(callback), before, 10, [this] { return now_; }};
  }

  Clock::time_point now_{};
};

TEST_F(ProgressReporterTest, TellsTenTimesASecondAtMostAndAtTheEnd) {
  std::vector<Progress> seen;
  ProgressReporter progress = reporter([&](const Progress& p) { seen.push_back(p); });
  for (int i = 0; i < 10; ++i) {  // 400 ms in all: at 120, 240 and 360
    now_ += milliseconds(40);
    progress.advance(5);
  }
  ASSERT_EQ(seen.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(seen[i].seconds, 0.12 * static_cast<double>(i + 1), 1e-12);
    EXPECT_EQ(seen[i].faults_done, 1.5 * static_cast<double>(i + 1));
    EXPECT_EQ(seen[i].rows_written, 4);
  }
  progress.rows_written(5, 2);
  EXPECT_EQ(seen.size(), 3u);
  progress.finish();
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_NEAR(seen[3].seconds, 0.4, 1e-12);
  EXPECT_EQ(seen[3].faults_done, 5.0);
  EXPECT_EQ(seen[3].rows_written, 9);
  EXPECT_EQ(seen[3].images_evaluated, 90);
  EXPECT_EQ(seen[3].critical, 2);
  EXPECT_EQ(seen[3].faults_total, 20);
  EXPECT_EQ(seen[3].faults_before, 4);
}

TEST_F(ProgressReporterTest, TheTimeThatTheCallbackTakesIsNotCounted) {
  int calls = 0;
  ProgressReporter progress = reporter([&](const Progress&) {
    ++calls;
    now_ += milliseconds(500);  // a slow terminal
  });
  for (int i = 0; i < 4; ++i) {
    now_ += milliseconds(60);
    progress.advance(1);
  }
  EXPECT_EQ(calls, 2);
}

TEST_F(ProgressReporterTest, AThreadThatComesWhileAnotherTellsGoesOn) {
  int calls = 0;
  ProgressReporter* reporting = nullptr;
  ProgressReporter progress = reporter([&](const Progress&) {
    ++calls;
    now_ += milliseconds(500);
    std::thread([&] { reporting->advance(1); }).join();  // neither waits nor tells
  });
  reporting = &progress;
  now_ += milliseconds(100);
  progress.advance(1);
  EXPECT_EQ(calls, 1);
  progress.finish();
  EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace tf_injector::detail
