// Folders that cannot be written and disks that are full.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign/campaign_fixture.hpp"
#include "support/file_size_limit.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;

class OutputFailureTest : public CampaignTest {};

TEST_F(OutputFailureTest, AFolderThatCannotBeWrittenIsKnownBeforeAnyInference) {
  const RunInputs inputs = random_inputs(14);
  write_atomic(path("file"), "x");
  RunOptions o = options("file/r.csv");
  EXPECT_EQ(error_of([&] { run(inputs, o, no_inference()); }).kind(), ErrorKind::output);
  o.path = "/proc/r.csv";
  EXPECT_EQ(error_of([&] { run(inputs, o, no_inference()); }).kind(), ErrorKind::output);
  o = options("");
  o.folder = path("file");
  EXPECT_EQ(error_of([&] { run(inputs, o, no_inference()); }).kind(), ErrorKind::output);
  o = options("s.csv");
  o.scores = ScoreMode::all;
  write_atomic(path("s"), "a file where the scores' folder should be");
  const Error error = error_of([&] { run(inputs, o, no_inference()); });
  EXPECT_THAT(error.what(), HasSubstr(path("s")));
  fs::create_directories(path("r.csv"));
  EXPECT_EQ(error_of([&] { run(inputs, options(), no_inference()); }).kind(), ErrorKind::output);
}

TEST_F(OutputFailureTest, AFullDiskLeavesAReportThatGoesOn) {
  CaseOptions c;
  c.faults = 400;
  c.images = 1;
  const RunInputs inputs = random_inputs(15, c);
  const std::string expected = whole_report(inputs);
  const uint64_t metadata_bytes = fs::file_size(path("whole/whole.run.json"));
  ASSERT_LT(metadata_bytes + 3000, expected.size()) << "the limit is to be met by the report";
  const RunOptions o = options();
  for (uint64_t limit = metadata_bytes + 1000; limit < expected.size(); limit += 1777) {
    const FileSizeLimit full(limit);
    const Error error = error_of([&] { run(inputs, o, blocks_of(37)); });
    EXPECT_EQ(error.kind(), ErrorKind::output);
    EXPECT_THAT(error.what(), HasSubstr(o.path));
    const std::string text = read_text(o.path);
    EXPECT_EQ(parse_report(text, "r").complete_bytes, text.size()) << "a torn line";
    EXPECT_EQ(text, expected.substr(0, text.size()));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 3) << "whole/, r.csv, r.run.json";
  }
  run(inputs, o);
  EXPECT_EQ(read_text(o.path), expected);
}

TEST_F(OutputFailureTest, ADiskThatIsFullFromTheStartLeavesNothing) {
  const RunInputs inputs = random_inputs(16);
  const FileSizeLimit full(10);
  const Error error = error_of([&] { run(inputs, options(), no_inference()); });
  EXPECT_EQ(error.kind(), ErrorKind::output);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 0);
}

}  // namespace
}  // namespace tf_injector::detail::test
