#include "cli/console/console.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

Progress progress_at(double faults, double seconds) {
  return {.faults_total = 1000,
          .faults_done = faults,
          .seconds = seconds,
          .rows_written = static_cast<int64_t>(faults),
          .critical = 5,
          .images_evaluated = 1000};
}

class ConsoleTest : public testing::Test {
 protected:
  std::unique_ptr<Console> console_with(ProgressMode mode, bool quiet = false) {
    return make_console({mode, quiet}, out_, [this] { return terminal_; });
  }
  // What was written since the last call.
  std::string written() {
    std::string text = out_.str();
    out_.str("");
    return text;
  }
  void make_interactive() { terminal_ = {.interactive = true, .columns = 40}; }

  std::ostringstream out_;
  Terminal terminal_;
};

TEST_F(ConsoleTest, LinesAtEveryTenthButNotOftenerThanOnceASecond) {
  const auto console = console_with(ProgressMode::automatic);
  for (int i = 0; i <= 1000; ++i) console->progress(progress_at(i, i * 0.004));
  EXPECT_EQ(written(),
            "250/1000 faults (25.0 %), 250/s, 0:00:03 left, critical 0.50 %\n"
            "500/1000 faults (50.0 %), 250/s, 0:00:02 left, critical 0.50 %\n"
            "750/1000 faults (75.0 %), 250/s, 0:00:01 left, critical 0.50 %\n"
            "1000/1000 faults (100.0 %), 250/s, 0:00:00 left, critical 0.50 %\n");
}

TEST_F(ConsoleTest, WarningsAreSaidInEveryMode) {
  for (const ProgressMode mode : {ProgressMode::lines, ProgressMode::none}) {
    for (const bool quiet : {false, true}) {
      const auto console = console_with(mode, quiet);
      console->message("by the way");
      console->warning("scaled twice");
      EXPECT_EQ(written(), std::string(quiet ? "" : "by the way\n") + "warning: scaled twice\n");
    }
  }
  console_with(ProgressMode::json)->warning("scaled twice");
  EXPECT_EQ(written(), "{\"event\":\"warning\",\"text\":\"scaled twice\"}\n");
  make_interactive();
  terminal_.color = true;
  const auto bar = console_with(ProgressMode::automatic);
  bar->progress(progress_at(10, 1));
  written();
  bar->warning("scaled twice");
  EXPECT_THAT(written(), testing::StartsWith("\r\x1b[K\x1b[33mwarning:\x1b[0m scaled twice\n\r"));
}

TEST_F(ConsoleTest, LinesNowAndThenInALongRun) {
  const auto console = console_with(ProgressMode::lines);
  int lines = 0;
  std::vector<double> times;
  for (int tick = 0; tick < 100000; ++tick) {
    const double seconds = tick * 0.1;
    console->progress(progress_at(90 * seconds / 10000, seconds));
    if (written().empty()) continue;
    ++lines;
    times.push_back(seconds);
  }
  ASSERT_GT(lines, 3);
  EXPECT_NEAR(times[0], 10, 0.2);
  EXPECT_NEAR(times[1], 20, 0.2);
  EXPECT_NEAR(times.back() - times[times.size() - 2], 60, 0.2);
}

TEST_F(ConsoleTest, NoCarriageReturnAwayFromTerminals) {
  for (const ProgressMode mode : {ProgressMode::automatic, ProgressMode::bar, ProgressMode::lines,
                                  ProgressMode::json, ProgressMode::none}) {
    const auto console = console_with(mode);
    console->message("reading");
    for (int i = 0; i <= 1000; ++i) console->progress(progress_at(i, i));
    console->error("wrong", 3, "hint");
    console->finish();
  }
  EXPECT_THAT(written(), Not(testing::AnyOf(HasSubstr("\r"), HasSubstr("\x1b"))));
}

TEST_F(ConsoleTest, BarRedrawsItselfAndGoesAway) {
  make_interactive();
  const auto console = console_with(ProgressMode::automatic);
  console->progress(progress_at(500, 10));
  EXPECT_EQ(written(), "\r[######------]  50 %   500/1000  50.0/s\x1b[K");
  console->message("a block is written");
  EXPECT_EQ(written(), "\r\x1b[Ka block is written\n\r[######------]  50 %   500/1000  50.0/s\x1b[K");
  console->finish();
  EXPECT_EQ(written(), "\r\x1b[K");
  console->finish();
  console->message("done");
  EXPECT_EQ(written(), "done\n");
}

TEST_F(ConsoleTest, BarFollowsTheWidth) {
  make_interactive();
  const auto console = console_with(ProgressMode::bar);
  terminal_.columns = 12;
  console->progress(progress_at(500, 10));
  EXPECT_EQ(written(), "\r 500/1000\x1b[K");
}

TEST_F(ConsoleTest, ErrorsAndTheEndRemoveTheBar) {
  make_interactive();
  {
    const auto console = console_with(ProgressMode::automatic);
    console->progress(progress_at(500, 10));
    (void)written();
    console->error("disk full", 4, "");
    EXPECT_EQ(written(), "\r\x1b[Kerror: disk full\n");
    console->progress(progress_at(500, 10));
    (void)written();
  }
  EXPECT_EQ(written(), "\r\x1b[K");
}

TEST_F(ConsoleTest, EveryProblemIsALine) {
  const auto console = console_with(ProgressMode::none);
  console->error("l.csv:2:1: a\nl.csv:3:1: b", 3, "");
  EXPECT_EQ(written(), "error: l.csv:2:1: a\nerror: l.csv:3:1: b\n");
  console->error("unknown flag", 2, "See --help.");
  EXPECT_EQ(written(), "error: unknown flag\nSee --help.\n");
}

TEST_F(ConsoleTest, AnInterruptionIsNoError) {
  const auto console = console_with(ProgressMode::none, true);
  console->error("interrupted after 3 faults", 75, "");
  EXPECT_EQ(written(), "interrupted after 3 faults\n");
}

TEST_F(ConsoleTest, ErrorsAreRedOnlyWithColour) {
  make_interactive();
  terminal_.color = true;
  console_with(ProgressMode::none)->error("wrong", 3, "");
  EXPECT_EQ(written(), "\x1b[31merror:\x1b[0m wrong\n");
}

TEST_F(ConsoleTest, NoneKeepsMessagesQuietDoesNot) {
  auto console = console_with(ProgressMode::none);
  console->message("reading");
  console->progress(progress_at(500, 100));
  EXPECT_EQ(written(), "reading\n");
  for (const ProgressMode mode : {ProgressMode::automatic, ProgressMode::lines, ProgressMode::json}) {
    console = console_with(mode, true);
    console->message("reading");
    console->progress(progress_at(500, 100));
    EXPECT_EQ(written(), "");
    console->error("wrong", 3, "");
    EXPECT_EQ(written(), "error: wrong\n");
  }
}

TEST_F(ConsoleTest, JsonIsOneObjectPerLine) {
  const auto console = console_with(ProgressMode::json);
  console->message("a \"quoted\" \\ path \xff");
  console->progress({.faults_total = 1000});
  console->progress(progress_at(100, 0.5));  // too soon
  console->progress(progress_at(500, 2));
  console->progress(progress_at(1000, 2.5));  // the last is always told, and once
  console->progress(progress_at(1000, 2.6));
  console->error("one\ntwo", 3, "");
  console->error("wrong", 2, "hint");
  std::istringstream lines(written());
  std::vector<nlohmann::json> objects;
  for (std::string line; std::getline(lines, line);) objects.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(objects.size(), 6U);
  EXPECT_EQ(objects[0],
            nlohmann::json::parse(R"({"event": "message", "text": "a \"quoted\" \\ path \ufffd"})"));
  EXPECT_EQ(objects[1], nlohmann::json::parse(R"({"event": "progress", "faults_done": 0, "faults_total": 1000,
      "rows_written": 0, "seconds": 0.0, "faults_per_second": null, "seconds_left": null, "critical_rate": null})"));
  EXPECT_EQ(objects[2],
            nlohmann::json::parse(R"({"event": "progress", "faults_done": 500, "faults_total": 1000,
      "rows_written": 500, "seconds": 2.0, "faults_per_second": 250.0, "seconds_left": 2.0, "critical_rate": 0.005})"));
  EXPECT_EQ(objects[3]["faults_done"], 1000);
  EXPECT_EQ(objects[4], nlohmann::json::parse(R"({"event": "error", "exit_code": 3, "text": "one\ntwo"})"));
  EXPECT_EQ(objects[5]["hint"], "hint");
}

Transfer transfer_at(uint64_t done, double seconds, const std::string& file = "a.zip") {
  return {.file = file, .before = 0, .done = done, .total = 1000, .seconds = seconds};
}

TEST_F(ConsoleTest, TransfersAsLines) {
  const auto console = console_with(ProgressMode::lines);
  for (uint64_t done = 0; done <= 1000; ++done)
    console->progress(transfer_at(done, 0.0025 * static_cast<double>(done)));
  EXPECT_EQ(written(),
            "a.zip: 400 bytes of 1.0 kB (40.0 %), 400 bytes/s, 0:00:02 left\n"
            "a.zip: 800 bytes of 1.0 kB (80.0 %), 400 bytes/s, 0:00:01 left\n");
  console->progress(transfer_at(100, 0, "b.zip"));
  console->progress(transfer_at(200, 1.5, "b.zip"));
  EXPECT_EQ(written(), "b.zip: 200 bytes of 1.0 kB (20.0 %), 133 bytes/s, 0:00:06 left\n");
}

TEST_F(ConsoleTest, TransfersAsABarThatIsDrawnWhenItChanges) {
  make_interactive();
  const auto console = console_with(ProgressMode::automatic);
  console->progress(transfer_at(500, 1));
  EXPECT_THAT(written(), testing::AllOf(HasSubstr("\r["), HasSubstr(" 50 %")));
  console->progress(transfer_at(500, 1));
  EXPECT_EQ(written(), "");
  console->finish();
  EXPECT_EQ(written(), "\r\x1b[K");
}

TEST_F(ConsoleTest, TransfersAsJson) {
  const auto console = console_with(ProgressMode::json);
  console->progress(transfer_at(10, 0));
  console->progress(transfer_at(20, 0.5));
  console->progress(transfer_at(1000, 0.6));
  console->progress(transfer_at(1000, 0.7));
  std::istringstream lines(written());
  std::vector<nlohmann::json> events;
  for (std::string line; std::getline(lines, line);) events.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0]["event"], "transfer");
  EXPECT_EQ(events[0]["bytes_done"], 10);
  EXPECT_EQ(events[0]["bytes_per_second"], nullptr);
  EXPECT_EQ(events[1]["bytes_done"], 1000);
  EXPECT_EQ(events[1]["bytes_total"], 1000);
}

}  // namespace
}  // namespace tf_injector::detail::cli
