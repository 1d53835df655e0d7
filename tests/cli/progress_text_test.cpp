#include "cli/text/progress_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/text/result_text.hpp"

namespace tf_injector::detail::cli {
namespace {

Progress halfway() {
  return {.faults_total = 16640,
          .faults_before = 320,
          .faults_done = 8000.25,
          .seconds = 650.5,
          .rows_written = 8300,
          .critical = 1021000,
          .images_evaluated = 83000000};
}

Terminal plain_terminal(int columns) { return {.interactive = true, .columns = columns}; }

TEST(ProgressFigures, EarlierRunsCountInTheShareButNotInTheRate) {
  const ProgressFigures figures = progress_figures(halfway());
  EXPECT_EQ(figures.done, 8320);
  EXPECT_EQ(figures.total, 16640);
  EXPECT_DOUBLE_EQ(figures.share, 8320.25 / 16640);
  EXPECT_DOUBLE_EQ(figures.per_second.value(), 8000.25 / 650.5);
  EXPECT_DOUBLE_EQ(figures.seconds_left.value(), (16640 - 8320.25) / (8000.25 / 650.5));
  EXPECT_DOUBLE_EQ(figures.critical_rate.value(), 0.012301204819277109);
}

TEST(ProgressFigures, NothingIsKnownAtTheStart) {
  const ProgressFigures figures = progress_figures({.faults_total = 30});
  EXPECT_EQ(figures.done, 0);
  EXPECT_EQ(figures.share, 0);
  EXPECT_FALSE(figures.per_second);
  EXPECT_FALSE(figures.seconds_left);
  EXPECT_FALSE(figures.critical_rate);
  EXPECT_EQ(progress_figures({}).share, 1);
}

TEST(ProgressFigures, PartsOfFaultsMayHaveBeenRounded) {
  EXPECT_EQ(progress_figures({.faults_total = 3, .faults_done = 2.9999999999}).done, 3);
  EXPECT_EQ(progress_figures({.faults_total = 3, .faults_done = 3.0000001}).share, 1);
}

TEST(DurationText, HoursMinutesSeconds) {
  EXPECT_EQ(duration_text(0), "0:00:00");
  EXPECT_EQ(duration_text(59.6), "0:01:00");
  EXPECT_EQ(duration_text(1213.4), "0:20:13");
  EXPECT_EQ(duration_text(86399), "23:59:59");
  EXPECT_EQ(duration_text(2 * 86400 + 10800), "2d 03:00:00");
  EXPECT_EQ(duration_text(1e12), "long");
}

TEST(RateText, ThreeDigits) {
  EXPECT_EQ(rate_text(812.4), "812/s");
  EXPECT_EQ(rate_text(12.34), "12.3/s");
  EXPECT_EQ(rate_text(1), "1.00/s");
  EXPECT_EQ(rate_text(0.075), "4.50/min");
  EXPECT_EQ(rate_text(3.0 / 3600), "3.00/h");
}

TEST(ProgressBar, EightyColumns) {
  EXPECT_EQ(progress_bar(progress_figures(halfway()), plain_terminal(80)),
            "[#########----------]  50 %   8320/16640  12.3/s  0:11:16 left  critical 1.23 %");
}

TEST(ProgressBar, GrowsUpToFortyCells) {
  EXPECT_EQ(
      progress_bar(progress_figures(halfway()), plain_terminal(200)),
      "[####################--------------------]  50 %   8320/16640  12.3/s  0:11:16 left  critical 1.23 %");
}

TEST(ProgressBar, LeavesOutWhatDoesNotFit) {
  const ProgressFigures figures = progress_figures(halfway());
  EXPECT_EQ(progress_bar(figures, plain_terminal(60)),
            "[########--------]  50 %   8320/16640  12.3/s  0:11:16 left");
  EXPECT_EQ(progress_bar(figures, plain_terminal(45)), "[#######--------]  50 %   8320/16640  12.3/s");
  EXPECT_EQ(progress_bar(figures, plain_terminal(33)), "[#####------]  50 %   8320/16640");
  EXPECT_EQ(progress_bar(figures, plain_terminal(20)), " 8320/16640");
  EXPECT_EQ(progress_bar(figures, plain_terminal(7)), " 50 %");
}

TEST(ProgressBar, NeverFillsTheLastColumn) {
  for (int columns = 2; columns < 150; ++columns) {
    const std::string bar = progress_bar(progress_figures(halfway()), plain_terminal(columns));
    EXPECT_LT(static_cast<int>(bar.size()), columns) << bar;
  }
}

TEST(ProgressBar, UnicodeShowsEighths) {
  Terminal terminal = plain_terminal(33);
  terminal.unicode = true;
  const ProgressFigures figures = progress_figures({.faults_total = 80, .faults_done = 42});
  EXPECT_EQ(progress_bar(figures, terminal),
            "[\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2589        ]  52 %  42/80");
}

TEST(ProgressBar, ColourAddsOnlyCodes) {
  Terminal terminal = plain_terminal(33);
  terminal.color = true;
  EXPECT_EQ(progress_bar(progress_figures(halfway()), terminal),
            "[\x1b[32m#####------\x1b[0m]  50 %   8320/16640");
}

TEST(ProgressLine, SaysEverythingThatIsKnown) {
  EXPECT_EQ(progress_line(progress_figures(halfway())),
            "8320/16640 faults (50.0 %), 12.3/s, 0:11:16 left, critical 1.23 %");
  EXPECT_EQ(progress_line(progress_figures({.faults_total = 30})), "0/30 faults (0.0 %)");
}

// 100 x (7 / 20000) lies below 0.035, where (100 x 7) / 20000 lies above.
TEST(ProgressLine, RoundsTheCriticalRateAsTheTableDoes) {
  const ProgressFigures figures =
      progress_figures({.faults_total = 2, .rows_written = 2, .critical = 7, .images_evaluated = 20000});
  const std::string critical = "critical " + percent_text(7, 20000);
  EXPECT_EQ(critical, "critical 0.04 %");
  EXPECT_THAT(progress_line(figures), testing::EndsWith(critical));
  EXPECT_THAT(progress_bar(figures, plain_terminal(80)), testing::EndsWith(critical));
}

TEST(TransferFigures, WhatWasThereBeforeCountsInTheShareButNotInTheRate) {
  const Transfer transfer{.file = "f", .before = 400, .done = 500, .total = 1000, .seconds = 2};
  const TransferFigures figures = transfer_figures(transfer);
  EXPECT_DOUBLE_EQ(figures.share.value(), 0.5);
  EXPECT_DOUBLE_EQ(figures.per_second.value(), 50);
  EXPECT_DOUBLE_EQ(figures.seconds_left.value(), 10);
}

TEST(TransferFigures, NothingIsKnownAtTheStart) {
  const TransferFigures figures = transfer_figures({.file = "f"});
  EXPECT_FALSE(figures.share || figures.per_second || figures.seconds_left);
  EXPECT_EQ(transfer_line({.file = "f"}), "f: 0 bytes");
}

TEST(TransferText, BarAndLine) {
  const Transfer transfer{
      .file = "a.zip", .before = 0, .done = 85'000'000, .total = 170'000'000, .seconds = 20};
  EXPECT_EQ(transfer_line(transfer), "a.zip: 85 MB of 170 MB (50.0 %), 4.2 MB/s, 0:00:20 left");
  EXPECT_EQ(transfer_bar(transfer, {.columns = 80}),
            "[###############---------------]  50 %  85 MB of 170 MB  4.2 MB/s  0:00:20 left");
  Transfer unknown = transfer;
  unknown.total.reset();
  EXPECT_EQ(transfer_bar(unknown, {.columns = 80}), "85 MB  4.2 MB/s");
  EXPECT_EQ(transfer_bar(unknown, {.columns = 5}), "85 M");
}

}  // namespace
}  // namespace tf_injector::detail::cli
