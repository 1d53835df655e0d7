#include "report/run_metadata.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using testing::HasSubstr;

RunMetadata sample() {
  RunMetadata m;
  m.tool_version = "0.1.0";
  m.command_line = {"tf_injector", "-n", "two words \"quoted\"", "caf\xC3\xA9"};
  m.report = "r.csv";
  m.score_folder = "r";
  m.scores = "all";
  m.model_path = "m.keras";
  m.data_path = "/data";
  m.fault_list_path = "l.csv";
  m.keras_version = "2.14.0";
  m.settings = {.model_sha256 = "aa",
                .fault_list_sha256 = "bb",
                .data_sha256 = "cc",
                .batch_size = 512,
                .use_tensorflow_preprocessing = true,
                .resume_from = 17,
                .resize = "pillow",
                .preprocessing = "(x / 255 - mean) / std",
                .mean = {{0.4914f, 0.4822f, 0.1f}},
                .std = {{0.2023f, 1e-30f, 0.2010f}},
                .limit = 100,
                .output = "dense",
                .threshold = 0.5f};
  m.images = 100;
  m.classes = 10;
  m.faults = 2000;
  m.rows = 1234;
  m.report_bytes = 98765;
  m.report_sha256 = "dd";
  m.cpu = "a CPU";
  m.threads = 2;
  m.threads_source = "cgroup";
  m.tile = 16;
  m.kernels = "avx2";
  m.steps = {{.path = "conv2d", .op = "Conv2D+relu", .kernel = "avx2:conv2d"},
             {.path = "d", .op = "Dense", .kernel = "k"}};
  m.started = "2024-05-01T12:00:00Z";
  m.updated = "2024-05-01T12:34:56Z";
  m.seconds = 1.25;
  return m;
}

TEST(RunMetadata, ControlCharactersReachNoMessage) {
  RunSettings other = sample().settings;
  other.output = "\x1b[2J";
  EXPECT_THAT(differences(other, sample().settings),
              testing::ElementsAre("`output`: \\x1b[2J in the report, dense now"));
}

TEST(RunMetadata, IsReadAsItWasWritten) {
  RunMetadata m = sample();
  const RunMetadata read = parse_metadata(metadata_text(m), "r.run.json");
  EXPECT_EQ(metadata_text(read), metadata_text(m));
  EXPECT_EQ(read.settings, m.settings);
  EXPECT_EQ(read.command_line, m.command_line);
  EXPECT_EQ(read.rows, 1234);
  EXPECT_EQ(read.report_bytes, 98765u);
  EXPECT_FALSE(read.finished);
  m.finished = true;
  m.settings.mean.reset();
  m.settings.resume_from.reset();
  const RunMetadata finished = parse_metadata(metadata_text(m), "r.run.json");
  EXPECT_TRUE(finished.finished);
  EXPECT_EQ(finished.settings, m.settings);
}

// Only a shard's metadata are of a form that older versions would misread.
TEST(RunMetadata, HasTheShardAndSaysWhatDiffers) {
  RunMetadata m = sample();
  EXPECT_THAT(metadata_text(m), HasSubstr("\"schema\": 2"));
  EXPECT_EQ(parse_metadata(metadata_text(m), "r.run.json").settings.shard, std::nullopt);
  m.settings.shard = ShardRows{.shard = {.index = 2, .of = 8}, .first_row = 25, .rows = 25, .list_rows = 100};
  const std::string text = metadata_text(m);
  EXPECT_THAT(text, HasSubstr("\"schema\": 3"));
  EXPECT_EQ(parse_metadata(text, "r.run.json").settings, m.settings);
  EXPECT_THAT(differences(m.settings, sample().settings),
              testing::ElementsAre("`shard`: 2/8, rows 26 to 50 of 100 in the report, not given now"));
  EXPECT_NE(work_key(m), work_key(sample()));
  for (const char* wrong : {"\"of\": 2", "\"of\": 1000001", "\"first_row\": 101", "\"list_rows\": 49"}) {
    const std::string name(wrong, std::string(wrong).find(':') + 2);
    std::string changed = text;
    const size_t at = changed.find(name, changed.find("\"shard\""));
    ASSERT_NE(at, std::string::npos);
    changed.replace(at, changed.find_first_of(",\n", at) - at, wrong);
    EXPECT_THROW(static_cast<void>(parse_metadata(changed, "r.run.json")), Error) << changed;
  }
}

TEST(RunMetadata, TellsABlockThatIsPendingFromNoneAndFromAnOldFile) {
  RunMetadata m = sample();
  m.classes = 2;
  m.details = {.file = "d.csv", .bytes = 7, .sha256 = "ee", .confusion = {1, 2, 3, 4}};
  RunMetadata read = parse_metadata(metadata_text(m), "r.run.json");
  EXPECT_TRUE(read.names_pending);
  EXPECT_FALSE(read.pending);
  m.pending = {.rows = 1300,
               .bytes = 99999,
               .sha256 = "ff",
               .details_bytes = 9,
               .details_sha256 = "ab",
               .confusion = {1, 2, 3, 5}};
  const std::string text = metadata_text(m);
  read = parse_metadata(text, "r.run.json");
  EXPECT_EQ(metadata_text(read), text);
  take_pending(read);
  EXPECT_FALSE(read.pending);
  EXPECT_EQ(read.rows, 1300);
  EXPECT_EQ(read.report_bytes, 99999U);
  EXPECT_EQ(read.report_sha256, "ff");
  EXPECT_EQ(read.details.value().bytes, 9U);
  EXPECT_EQ(read.details.value().sha256, "ab");
  EXPECT_EQ(read.details.value().confusion.back(), 5);
  EXPECT_EQ(read.details.value().file, "d.csv");

  m.details.reset();
  m.pending.reset();
  std::string old = metadata_text(m);
  const std::string key = ",\n    \"pending\": null";
  ASSERT_NE(old.find(key), std::string::npos);
  old.erase(old.find(key), key.size());
  EXPECT_FALSE(parse_metadata(old, "r.run.json").names_pending);
}

// What version 0.1 wrote before it knew of thresholds and of bytes that are fed as they are.
TEST(RunMetadata, ReadsWhatOlderVersionsWrote) {
  RunMetadata m = sample();
  std::string text = metadata_text(m);
  const auto erase = [&text](const std::string& from, const std::string& to) {
    const size_t begin = text.find(from);
    ASSERT_NE(begin, std::string::npos) << from;
    text.erase(begin, text.find(to, begin) - begin);
  };
  erase(",\n    \"threshold\"", "\n  },");
  erase("  \"preprocess\"", "  \"images\"");
  text.replace(text.find("\"schema\": 2"), 11, "\"schema\": 1");
  text.replace(
      text.find("\"settings\": {"), 13,
      "\"settings\": {\"resize\": \"pillow\", \"mean\": [0.4914, 0.4822, 0.1], \"std\": [0.2023, 1e-30, "
      "0.201],");
  m.settings.threshold.reset();
  m.settings.preprocessing.reset();
  const RunSettings old = parse_metadata(text, "r.run.json").settings;
  EXPECT_EQ(old, m.settings);
  RunSettings now = m.settings;
  for (const char* same : {"x", "x / 255", "(x / 255 - mean) / std", "left: x; right: x / 255"}) {
    now.preprocessing = same;
    EXPECT_THAT(differences(old, now), testing::IsEmpty()) << same;
  }
  now.preprocessing = "left: float32(x); right: x / 255";
  EXPECT_THAT(
      differences(old, now),
      testing::ElementsAre("the preprocessing: before 8-bit images could be fed as they are in the report, "
                           "left: float32(x); right: x / 255 now"));
}

TEST(RunMetadata, TakesPathsThatAreNoUtf8) {
  RunMetadata m = sample();
  m.model_path = "a\xFF\xFE.keras";
  EXPECT_EQ(parse_metadata(metadata_text(m), "r").model_path, "a\xEF\xBF\xBD\xEF\xBF\xBD.keras");
}

TEST(RunMetadata, WhatIsNoMetadataIsRefused) {
  const std::string text = metadata_text(sample());
  const auto refusal = [](const std::string& json) -> std::string {
    try {
      static_cast<void>(parse_metadata(json, "r.run.json"));
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::resume);
      return error.what();
    }
  };
  for (const std::string& json : {std::string(), std::string("{}"), std::string("[1]"), std::string("null"),
                                  text.substr(0, text.size() / 2), std::string("{\"schema\": \"1\"}")}) {
    EXPECT_THAT(refusal(json), testing::StartsWith("r.run.json: no metadata of a report: ")) << json;
  }
  std::string later = text;
  later.replace(later.find("\"schema\": 2"), 11, "\"schema\": 9");
  EXPECT_THAT(refusal(later),
              HasSubstr("written by a later version of tf_injector (0.1.0, schema 9; this is "));
  EXPECT_THAT(refusal("{\"schema\": 9000000000}"), HasSubstr("version of tf_injector (schema 9000000000; "));
  for (const char* key : {"\"rows\"", "\"batch_size\"", "\"state\"", "\"sha256\"", "\"kernel\""}) {
    std::string without = text;
    without.replace(without.find(key), 3, "\"_");
    EXPECT_THAT(refusal(without), HasSubstr("no metadata of a report")) << key;
  }
}

// Sums of counts never overflow, whatever a file says.
TEST(RunMetadata, CountsThatCannotBeAreRefused) {
  RunMetadata m = sample();
  m.classes = 2;
  m.check = {.faults = 3, .pairs = 4, .golden_images = 5, .seconds = 0.5};
  m.details = DetailsMetadata{.file = "d.csv", .bytes = 0, .sha256 = "", .confusion = {0, 7, 8, 0}};
  EXPECT_NO_THROW((void)parse_metadata(metadata_text(m), "r.run.json"));
  int64_t* const counts[] = {&m.images,
                             &m.faults,
                             &m.rows,
                             &m.check.faults,
                             &m.check.pairs,
                             &m.check.golden_images,
                             &m.details->confusion[1]};
  for (int64_t* const count : counts) {
    for (const int64_t wrong : {int64_t{-1}, (int64_t{1} << 46) + 1, INT64_MAX}) {
      const int64_t right = *count;
      *count = wrong;
      const std::string text = metadata_text(m);
      *count = right;
      try {
        (void)parse_metadata(text, "r.run.json");
        ADD_FAILURE() << wrong << " is accepted in " << text;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::resume);
        EXPECT_THAT(error.what(), HasSubstr("a count is no whole number from 0"));
      }
    }
  }
}

TEST(RunMetadata, NamesEveryDifferenceAsItsUserKnowsIt) {
  const RunSettings a = sample().settings;
  EXPECT_TRUE(differences(a, a).empty());
  RunSettings b;  // everything differs
  b.resize = "tensorflow";
  b.preprocessing = "x";
  b.batch_size = 1;
  EXPECT_THAT(
      differences(a, b),
      testing::ElementsAre(
          "the model's SHA-256: aa in the report,  now", "the fault list's SHA-256: bb in the report,  now",
          "the data's SHA-256: cc in the report,  now", "`batch_size`: 512 in the report, 1 now",
          "`use_tf`: given in the report, not given now", "`resume_from`: 17 in the report, not given now",
          "`resize`: pillow in the report, tensorflow now",
          "the preprocessing: (x / 255 - mean) / std in the report, x now",
          "the mean of the preprocessing: 0.4914,0.4822,0.1 in the report, none now",
          "the std of the preprocessing: 0.2023,1e-30,0.201 in the report, none now",
          "`limit`: 100 in the report, not given now", "`output`: dense in the report,  now",
          "the threshold between two classes: 0.5 in the report, none now"));
}

TEST(RunMetadata, KnowsTheMachineAndTheTime) {
  EXPECT_FALSE(cpu_name().empty());
  EXPECT_THAT(utc_now(),
              testing::MatchesRegex("20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]Z"));
}

}  // namespace
}  // namespace tf_injector::detail
