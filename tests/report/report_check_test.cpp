// What is said of a report that cannot be gone on with.
#include "report/report_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/sha256.hpp"
#include "report/csv_report.hpp"
#include "report/run_metadata.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

const Tally kGolden{.images = 100, .top_1_correct = 91, .top_5_correct = 99};
const Tally kMasked{100, 91, 99, 100, 100, 68};
constexpr const char* kRemedy = "; move it away, or begin anew with `overwrite`";

FaultTable two_faults() { return {bit_flip(4, "conv", {2, 0, 1, 3}, 3), bit_flip(7, "m/dense", {9, 1}, 31)}; }

// The header, the golden row and the first rows of the faults.
std::string report_of(const FaultTable& faults, size_t rows) {
  std::string text = report_header() + golden_row(kGolden);
  for (size_t i = 0; i < rows; ++i) text += fault_row(faults[i], kMasked);
  return text;
}

RunMetadata metadata_of(const std::string& text, int64_t rows) {
  RunMetadata metadata;
  metadata.rows = rows;
  metadata.report_bytes = text.size();
  metadata.report_sha256 = sha256_of(text.data(), text.size());
  return metadata;
}

// The message of the Error(resume) that `check` throws; "" when it throws nothing.
template <typename Check>
std::string refusal(const Check& check) {
  try {
    check();
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::resume);
    return error.what();
  }
}

TEST(ReportCheck, AFinishedReportHasAllRowsAndNothingBehind) {
  const FaultTable faults = two_faults();
  const std::string whole = report_of(faults, 2), half = report_of(faults, 1);
  EXPECT_EQ(finished_report(whole, "r.csv", metadata_of(whole, 2), faults).rows.size(), 2u);
  EXPECT_EQ(refusal([&] { (void)finished_report(half, "r.csv", metadata_of(half, 1), faults); }),
            "r.csv: 1 of 2 faults and " + std::to_string(half.size()) + " bytes, " +
                std::to_string(half.size()) + " of them written by the run that finished it" + kRemedy);
  EXPECT_EQ(refusal([&] { (void)finished_report(whole, "r.csv", metadata_of(half, 1), faults); }),
            "r.csv: 1 of 2 faults and " + std::to_string(whole.size()) + " bytes, " +
                std::to_string(half.size()) + " of them written by the run that finished it" + kRemedy);
}

// Of a report that has `recorded`, when its metadata have announced `pending`.
RunMetadata announced(const std::string& recorded, int64_t rows, const std::string& pending) {
  RunMetadata metadata = metadata_of(recorded, rows);
  metadata.pending = {
      .rows = rows + 1, .bytes = pending.size(), .sha256 = sha256_of(pending.data(), pending.size())};
  return metadata;
}

TEST(ReportCheck, OfAPendingBlockAllIsKeptOrNothing) {
  const FaultTable faults = two_faults();
  const std::string whole = report_of(faults, 2), half = report_of(faults, 1);
  for (size_t size = half.size(); size < whole.size(); ++size) {
    RunMetadata metadata = announced(half, 1, whole);
    const Report report = unfinished_report(whole.substr(0, size), "r.csv", metadata, faults);
    EXPECT_EQ(report.rows.size(), 1u);
    EXPECT_EQ(report.complete_bytes, half.size());
    EXPECT_TRUE(metadata.pending);
    EXPECT_EQ(metadata.rows, 1);
  }
  RunMetadata metadata = announced(half, 1, whole);
  EXPECT_EQ(unfinished_report(whole, "r.csv", metadata, faults).rows.size(), 2u);
  EXPECT_FALSE(metadata.pending);
  EXPECT_EQ(metadata.rows, 2);
  EXPECT_EQ(metadata.report_bytes, whole.size());
  EXPECT_EQ(metadata.report_sha256, sha256_of(whole.data(), whole.size()));
}

TEST(ReportCheck, ABlockThatIsAnotherThanWasAnnouncedIsRefused) {
  const FaultTable faults = two_faults();
  const std::string whole = report_of(faults, 2), half = report_of(faults, 1);
  const auto unfinished = [&](const std::string& text, RunMetadata of) {
    return refusal([&] { (void)unfinished_report(text, "r.csv", of, faults); });
  };
  const std::string written = ": it was changed after it was written";
  for (size_t at = half.size(); at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = changed[at] == '7' ? '8' : '7';
    EXPECT_EQ(unfinished(changed, announced(half, 1, whole)),
              "r.csv: row 2 is not what its metadata announce" + written + kRemedy);
  }
  EXPECT_EQ(unfinished(whole + "8,", announced(half, 1, whole)),
            "r.csv: 2 bytes behind row 2, the last that was written" + written + kRemedy);
  EXPECT_EQ(unfinished(whole, metadata_of(half, 1)), "r.csv: " + std::to_string(whole.size() - half.size()) +
                                                         " bytes behind row 1, the last that was written" +
                                                         written + kRemedy);
}

TEST(ReportCheck, OfABlockWithSectorsThatAPowerCutLeftUnwrittenNothingIsKept) {
  const FaultTable faults = two_faults();
  const std::string whole = report_of(faults, 2), half = report_of(faults, 1);
  RunMetadata metadata = announced(half, 1, whole);
  const std::string unwritten = half + std::string(whole.size() - half.size(), '\0');
  EXPECT_EQ(unfinished_report(unwritten, "r.csv", metadata, faults).rows.size(), 1u);
  EXPECT_TRUE(metadata.pending);

  const std::string text(100, 'x');
  EXPECT_FALSE(has_unwritten_sector(text + std::string(4, '\0') + text, 0)) << "no sector's border";
  EXPECT_TRUE(has_unwritten_sector(text + std::string(4, '\0'), 512 - 100)) << "the last sector";
  EXPECT_TRUE(has_unwritten_sector(std::string(4, '\0') + text, 512 - 4)) << "the end of the first";
  EXPECT_FALSE(has_unwritten_sector(std::string(4, '\0') + text, 512 - 5));
  EXPECT_TRUE(has_unwritten_sector(text + std::string(512, '\0') + text, 1024 - 100));
  EXPECT_FALSE(has_unwritten_sector(text + std::string(511, '\0') + text, 1024 - 100));
  EXPECT_FALSE(has_unwritten_sector("", 0));
}

// Version 0.1.0 announced nothing: rows behind those that are recorded are proven by nothing.
TEST(ReportCheck, OfAnOldReportWhatIsRecordedIsKept) {
  const FaultTable faults = two_faults();
  const std::string whole = report_of(faults, 2), half = report_of(faults, 1);
  RunMetadata metadata = metadata_of(half, 1);
  metadata.names_pending = false;
  EXPECT_EQ(unfinished_report(whole, "r.csv", metadata, faults).rows.size(), 1u);
  EXPECT_EQ(unfinished_report(half + "9,torn", "r.csv", metadata, faults).rows.size(), 1u);
}

TEST(ReportCheck, SaysWhatIsNotAsItWasWritten) {
  const FaultTable faults = two_faults();
  const std::string whole = report_of(faults, 2);
  const RunMetadata metadata = metadata_of(whole, 2);
  const auto unfinished = [&](const std::string& text, RunMetadata of, const FaultTable& list) {
    return refusal([&] { (void)unfinished_report(text, "r.csv", of, list); });
  };
  EXPECT_EQ(unfinished(whole.substr(0, 90), metadata, faults),
            "r.csv: 90 bytes, its metadata speak of " + std::to_string(whole.size()) +
                ": it was cut or changed after it was written" + kRemedy);

  std::string changed = whole;
  changed[changed.find(",91,") + 1] = '8';
  const std::string other_bytes =
      "r.csv: the first " + std::to_string(whole.size()) +
      " bytes are not those that its metadata speak of: it was changed after it was written" + kRemedy;
  EXPECT_EQ(unfinished(changed, metadata, faults), other_bytes);
  RunMetadata other_rows = metadata;
  other_rows.rows = 1;
  EXPECT_EQ(unfinished(whole, other_rows, faults), other_bytes);

  EXPECT_EQ(unfinished(whole, metadata, {faults[0]}),
            std::string("r.csv: 2 faults in the report, 1 in the list") + kRemedy);
  EXPECT_EQ(
      unfinished(whole, metadata, {faults[0], bit_flip(7, "m/dense", {9, 1}, 30)}),
      std::string(
          "r.csv: row 2 is not the list's; expected 7,m/dense,\"(9, 1)\",30; found 7,m/dense,\"(9, 1)\",31") +
          kRemedy);

  const std::string rubbish = report_header() + "rubbish\r\n";
  EXPECT_THAT(unfinished(rubbish, metadata_of(rubbish, 0), faults),
              testing::AllOf(
                  testing::StartsWith("r.csv:2:"),
                  testing::EndsWith(std::string("; the report was changed after it was written") + kRemedy)));
}

TEST(ReportCheck, AGoldenRowIsThatOfNow) {
  const FaultTable faults = two_faults();
  const Report report = parse_report(report_of(faults, 1), "r.csv");
  EXPECT_EQ(refusal([&] { check_golden(report, "r.csv", kGolden); }), "");
  EXPECT_EQ(refusal([&] { check_golden(Report{}, "r.csv", kGolden); }), "");
  Tally now = kGolden;
  now.top_5_correct = 98;
  EXPECT_EQ(refusal([&] { check_golden(report, "r.csv", now); }),
            std::string("r.csv: the golden row differs: 100 images, top 1 91, top 5 99 in the report, "
                        "100 images, top 1 91, top 5 98 now") +
                kRemedy);
}

}  // namespace
}  // namespace tf_injector::detail
