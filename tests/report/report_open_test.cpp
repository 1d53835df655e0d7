// Where an opened report's scores go: into the folder that its metadata name, if it is one beside the report.
#include "report/report_open.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign/campaign_fixture.hpp"
#include "io/sha256.hpp"

namespace tf_injector::detail::test {
namespace {

class ReportOpenTest : public FolderTest {
 protected:
  [[nodiscard]] ReportIdentity identity() const {
    ReportIdentity identity;
    identity.names = {.dataset = "D", .network = "N", .folder = path("out")};
    identity.metadata.scores = "all";
    identity.metadata.images = 2;
    identity.metadata.report_sha256 = sha256_of("", 0);  // nothing is written yet
    identity.faults = faults_;
    identity.scores_per_image = 3;
    return identity;
  }
  [[nodiscard]] OpenedReport open(const ReportRequest& request) {
    return open_report(identity(), request, [&](const std::string& line) { messages_.push_back(line); });
  }
  // Another folder in the report's metadata.
  static void name_score_folder(const OpenedReport& opened, const std::string& name) {
    RunMetadata metadata = opened.metadata;
    metadata.score_folder = name;
    write_atomic(opened.paths.metadata, metadata_text(metadata));
  }
  const FaultTable faults_{bit_flip(4, "conv", {2, 0, 1, 3}, 3)};
  std::vector<std::string> messages_;
};

// A report that is named by the clock has its scores in a folder of another name than its own.
TEST_F(ReportOpenTest, GoesOnWithTheScoreFolderOfItsFirstRun) {
  const ReportRequest request{.path = "", .scores = ScoreMode::all};
  ReportPaths first;
  {
    const OpenedReport opened = open(request);
    EXPECT_EQ(opened.state, ReportState::fresh);
    first = opened.paths;
  }
  const OpenedReport again = open(request);
  EXPECT_EQ(again.state, ReportState::unfinished);
  EXPECT_EQ(again.paths.report, first.report);
  EXPECT_EQ(again.paths.scores, first.scores);
  EXPECT_THAT(again.paths.scores, testing::MatchesRegex(".*/out/[0-9]+_[0-9]+"));
  EXPECT_TRUE(messages_.empty());
}

// Whatever changed metadata say, scores are written into a folder beside the report, never into the report's
// own folder or above it.
TEST_F(ReportOpenTest, TakesAScoreFolderOnlyBesideTheReport) {
  const std::string report = path("out/r.csv"), own = path("out/r");
  const ReportRequest request{.path = report, .scores = ScoreMode::all};
  const std::string metadata = [&] { return open(request).paths.metadata; }();
  const auto expect_folder = [&](const std::string& name, const std::string& folder) {
    name_score_folder(open(request), name);
    EXPECT_EQ(open(request).paths.scores, folder) << "'" << name << "'";
  };
  for (const char* name : {"", ".", "..", "a/.", "a/..", "../..", "a/", "/"}) expect_folder(name, own);
  for (const char* name : {"b", "a/b", "../b", "/tmp/b"}) expect_folder(name, path("out/b"));
  expect_folder("..b", path("out/..b"));
}

}  // namespace
}  // namespace tf_injector::detail::test
