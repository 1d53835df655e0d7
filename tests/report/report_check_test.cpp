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

std::vector<Fault> two_faults() {
  return {bit_flip(4, "conv", {2, 0, 1, 3}, 3), bit_flip(7, "m/dense", {9, 1}, 31)};
}

// The header, the golden row and the first rows of the faults.
std::string report_of(const std::vector<Fault>& faults, size_t rows) {
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
  const std::vector<Fault> faults = two_faults();
  const std::string whole = report_of(faults, 2), half = report_of(faults, 1);
  EXPECT_EQ(finished_report(whole, "r.csv", metadata_of(whole, 2), faults).rows.size(), 2u);
  EXPECT_EQ(refusal([&] { (void)finished_report(half, "r.csv", metadata_of(half, 1), faults); }),
            "r.csv: 1 of 2 faults and " + std::to_string(half.size()) + " bytes, " +
                std::to_string(half.size()) + " of them written by the run that finished it" + kRemedy);
  EXPECT_EQ(refusal([&] { (void)finished_report(whole, "r.csv", metadata_of(half, 1), faults); }),
            "r.csv: 1 of 2 faults and " + std::to_string(whole.size()) + " bytes, " +
                std::to_string(half.size()) + " of them written by the run that finished it" + kRemedy);
}

TEST(ReportCheck, AnUnfinishedReportKeepsTheRowsBehindItsMetadata) {
  const std::vector<Fault> faults = two_faults();
  const std::string whole = report_of(faults, 2), half = report_of(faults, 1);
  EXPECT_EQ(unfinished_report(whole, "r.csv", metadata_of(half, 1), faults).rows.size(), 2u);
  EXPECT_EQ(unfinished_report(half + "9,torn", "r.csv", metadata_of(half, 1), faults).rows.size(), 1u);
  const std::vector<Fault> others = {faults[0], bit_flip(7, "m/dense", {9, 1}, 30)};
  EXPECT_EQ(unfinished_report(whole, "r.csv", metadata_of(half, 1), others).rows.size(), 1u);
}

TEST(ReportCheck, SaysWhatIsNotAsItWasWritten) {
  const std::vector<Fault> faults = two_faults();
  const std::string whole = report_of(faults, 2);
  const RunMetadata metadata = metadata_of(whole, 2);
  const auto unfinished = [&](const std::string& text, const RunMetadata& of,
                              const std::vector<Fault>& list) {
    return refusal([&] { (void)unfinished_report(text, "r.csv", of, list); });
  };
  EXPECT_EQ(unfinished(whole.substr(0, 90), metadata, faults), "r.csv: 90 bytes, its metadata speak of " +
                                                                   std::to_string(whole.size()) +
                                                                   ": the end is missing" + kRemedy);

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
  const std::vector<Fault> faults = two_faults();
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
