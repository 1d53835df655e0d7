#include "tf_injector/compare.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/json.hpp"
#include "report/csv_report.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kPublishedHeader =
    "Injection,Layer,TensorIndex,Bit,n_injections,masked,non_critical,critical\n";

// A report of these faults on ten images; the golden run has nine right.
std::string report_of(const std::vector<ReportRow>& rows) {
  std::string text = report_header() + golden_row({.images = 10, .top_1_correct = 9, .top_5_correct = 10});
  for (const ReportRow& row : rows) text += fault_row(row.fault, row.tally);
  return text;
}

ReportRow row_of(int64_t id, const std::string& layer, std::vector<int64_t> index, int bit, int64_t masked,
                 int64_t critical) {
  return {bit_flip(id, layer, std::move(index), bit),
          {.images = 10,
           .top_1_correct = 9,
           .top_5_correct = 10,
           .top_1_robust = 10 - critical,
           .top_5_robust = 10,
           .masked = masked}};
}

std::vector<ReportRow> three_rows() {
  return {row_of(0, "conv", {0, 1, 2, 3}, 3, 7, 0), row_of(4, "conv", {1, 1, 1, 1}, 30, 0, 8),
          row_of(9, "dense", {5, 2}, 31, 2, 1)};
}

FaultResults results(const std::string& text, const std::string& name = "r.csv") {
  return FaultResults::parse(text, name);
}

Comparison compared(const std::string& a, const std::string& b, size_t top = 10) {
  return compare(results(a, "a.csv"), results(b, "b.csv"), {top});
}

std::string problems_of(const std::string& text) {
  try {
    (void)results(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    return error.what();
  }
  return "read";
}

const ColumnComparison& column(const Comparison& found, const std::string& name) {
  for (const ColumnComparison& one : found.columns)
    if (one.name == name) return one;
  throw std::out_of_range(name);
}

TEST(Compare, AReportIsTheSameAsItself) {
  const Comparison found = compared(report_of(three_rows()), report_of(three_rows()));
  EXPECT_TRUE(found.is_same);
  EXPECT_EQ(found.verdict, "the same: 3 faults and the golden run, in every count that both have");
  EXPECT_EQ(found.matched, 3);
  EXPECT_EQ(found.columns.size(), 7u);
  EXPECT_THAT(found.rows, IsEmpty());
  EXPECT_THAT(found.notes, IsEmpty());
}

TEST(Compare, CountsEveryColumnByHand) {
  std::vector<ReportRow> other = three_rows();
  other[0].tally.masked = 4;        // 7 before: 0.3; non_critical 3 -> 6
  other[1].tally.top_1_robust = 1;  // 2 before: critical 8 -> 9, non_critical 2 -> 1
  const Comparison found = compared(report_of(three_rows()), report_of(other));
  EXPECT_FALSE(found.is_same);
  const ColumnComparison& masked = column(found, "masked");
  EXPECT_EQ(masked.rows, 3);
  EXPECT_EQ(masked.equal, 2);
  EXPECT_NEAR(masked.mean_difference, 0.1, 1e-15);
  EXPECT_NEAR(masked.largest_difference, 0.3, 1e-15);
  EXPECT_EQ(masked.largest_images, 3);
  EXPECT_EQ(masked.largest_fault, 0);
  EXPECT_EQ(masked.sum_a, 9);
  EXPECT_EQ(masked.sum_b, 6);
  EXPECT_NEAR(masked.rate_a, 0.3, 1e-15);
  EXPECT_NEAR(masked.rate_b, 0.2, 1e-15);
  EXPECT_THAT(masked.bits, ElementsAre(3));
  EXPECT_THAT(column(found, "non_critical").bits, ElementsAre(3, 30));
  EXPECT_EQ(column(found, "critical").largest_images, 1);
  EXPECT_EQ(column(found, "top_5_robust").equal, 3);
  EXPECT_FALSE(column(found, "top_5_robust").largest_fault);
  EXPECT_EQ(found.differing_rows, 2);
  EXPECT_THAT(found.verdict, HasSubstr("masked on 1 of 3 faults (by 3 images at most)"));
  EXPECT_THAT(found.verdict, HasSubstr("critical on 1 of 3 faults (by 1 image at most)"));
  EXPECT_THAT(found.verdict, HasSubstr("equal on all: top_1_correct, top_5_correct, top_5_robust"));
}

TEST(Compare, ShowsTheRowsThatDifferMost) {
  std::vector<ReportRow> other = three_rows();
  other[0].tally.masked = 6;
  other[2].tally.masked = 0;
  const Comparison all = compared(report_of(three_rows()), report_of(other));
  ASSERT_EQ(all.rows.size(), 2u);
  EXPECT_EQ(all.rows[0].fault.id, 9);
  EXPECT_EQ(all.columns[all.rows[0].largest_column].name, "masked");
  EXPECT_EQ(all.rows[0].counts[4].a, 2);
  EXPECT_EQ(all.rows[0].counts[4].b, 0);
  EXPECT_EQ(all.rows[1].fault.id, 0);
  const Comparison one = compared(report_of(three_rows()), report_of(other), 1);
  EXPECT_EQ(one.rows.size(), 1u);
  EXPECT_EQ(one.differing_rows, 2);
}

TEST(Compare, SaysWhichFaultsAreInOneOnlyAndWhichAreOthers) {
  std::vector<ReportRow> other = three_rows();
  other[0].fault = bit_flip(0, "conv", {0, 1, 2, 3}, 4);    // another bit
  other[1].fault = bit_flip(77, "conv", {1, 1, 1, 1}, 30);  // another number
  const Comparison found = compared(report_of(three_rows()), report_of(other));
  EXPECT_EQ(found.matched, 1);
  EXPECT_THAT(found.only_a, ElementsAre(4));
  EXPECT_THAT(found.only_b, ElementsAre(77));
  ASSERT_EQ(found.mismatches.size(), 1u);
  EXPECT_EQ(flipped_bit(found.mismatches[0].b), 4);
  EXPECT_FALSE(found.is_same);
  EXPECT_THAT(found.verdict, HasSubstr("1 fault with one number but different weights or bits; "
                                       "1 fault only in A; 1 fault only in B"));
}

TEST(Compare, OtherNamesOfLayersAloneAreOtherFaults) {
  std::vector<ReportRow> other = three_rows();
  other[2].fault = bit_flip(9, "dense_1", {5, 2}, 31);
  const Comparison found = compared(report_of(three_rows()), report_of(other));
  EXPECT_EQ(found.matched, 2);
  EXPECT_EQ(found.mismatches.size(), 1u);
}

TEST(Compare, RecognisesPublishedListsInPyTorchsCoordinates) {
  const std::string published = std::string(kPublishedHeader) +
                                "0,layer1.conv1,\"(3, 2, 0, 1)\",3,10,7,3,0\n"
                                "4,layer1.conv1,\"(1, 1, 1, 1)\",30,10,0,3,7\n"
                                "9,fc,\"(2, 5)\",31,10,2,7,1\n";
  for (const bool swapped : {false, true}) {
    const std::string report = report_of(three_rows());
    const Comparison found = swapped ? compared(published, report) : compared(report, published);
    EXPECT_EQ(found.matched, 3);
    EXPECT_THAT(found.mismatches, IsEmpty());
    EXPECT_EQ(found.columns.size(), 3u);
    EXPECT_EQ(column(found, "masked").equal, 3);
    EXPECT_EQ(column(found, "critical").equal, 2);
    ASSERT_FALSE(found.notes.empty());
    EXPECT_THAT(found.notes[0], HasSubstr(swapped ? "A names weights as PyTorch does" : "B names weights"));
    EXPECT_THAT(found.golden, IsEmpty());
  }
}

TEST(Compare, InPyTorchsCoordinatesLayersGoTogetherOneByOne) {
  const std::string published = std::string(kPublishedHeader) +
                                "0,layer1.conv1,\"(3, 2, 0, 1)\",3,10,7,3,0\n"
                                "4,fc,\"(1, 1, 1, 1)\",30,10,0,2,8\n"  // fc is the partner of dense
                                "9,fc,\"(2, 5)\",31,10,2,7,1\n"
                                "10,fc,\"(2, 6)\",31,10,2,7,1\n"
                                "11,layer1.conv1,\"(3, 2, 1, 1)\",3,10,7,3,0\n"
                                "12,fc,\"(3, 6)\",31,10,2,7,1\n";
  std::vector<ReportRow> rows = three_rows();
  rows.push_back(row_of(11, "conv", {1, 1, 2, 3}, 3, 7, 0));
  rows.push_back(row_of(12, "dense_1", {6, 3}, 31, 2, 1));  // so dense_1 has none
  rows.push_back(row_of(10, "dense", {6, 2}, 31, 2, 1));
  const Comparison found = compared(report_of(rows), published);
  EXPECT_EQ(found.matched, 4);
  ASSERT_EQ(found.mismatches.size(), 2u);
  EXPECT_EQ(found.mismatches[0].a.id, 4);
  EXPECT_EQ(found.mismatches[1].a.id, 12);
}

TEST(Compare, ComparesSharesOfDifferentNumbersOfImages) {
  const std::string ten =
      std::string(kPublishedHeader) + "0,c,\"(1, 2)\",3,10,7,3,0\n1,c,\"(1, 3)\",3,10,5,5,0\n";
  const std::string twenty =
      std::string(kPublishedHeader) + "0,c,\"(1, 2)\",3,20,14,6,0\n1,c,\"(1, 3)\",3,20,11,9,0\n";
  const Comparison found = compared(ten, twenty);
  EXPECT_TRUE(found.other_images);
  EXPECT_FALSE(found.is_same);
  EXPECT_EQ(found.images_a, 10);
  EXPECT_EQ(found.images_b, 20);
  EXPECT_EQ(column(found, "masked").equal, 1);
  EXPECT_NEAR(column(found, "masked").largest_difference, 0.05, 1e-15);
  EXPECT_EQ(column(found, "critical").equal, 2);
  EXPECT_THAT(found.verdict, HasSubstr("masked on 1 of 2 faults (by up to 5.00 % of the images)"));
  EXPECT_THAT(found.notes, ElementsAre(HasSubstr("shares are compared")));
}

TEST(Compare, ComparesTheGoldenRuns) {
  std::string other = report_of(three_rows());
  other.replace(other.find("GOLDEN,,,,10,9,10"), 17, "GOLDEN,,,,10,8,10");
  const Comparison found = compared(report_of(three_rows()), other);
  EXPECT_FALSE(found.is_same);
  ASSERT_EQ(found.golden.size(), 3u);
  EXPECT_TRUE(found.golden[0].is_equal);
  EXPECT_FALSE(found.golden[1].is_equal);
  EXPECT_EQ(found.golden[1].counts.b, 8);
  EXPECT_THAT(found.verdict, HasSubstr("the golden run in top_1_correct"));
}

TEST(Compare, JsonSaysTheSame) {
  std::vector<ReportRow> other = three_rows();
  other[0].tally.masked = 4;
  other.pop_back();
  const Json json = Json::parse(compared(report_of(three_rows()), report_of(other)).json());
  EXPECT_FALSE(json.at("same").get<bool>());
  EXPECT_EQ(json.at("only_a").size(), 1u);
  EXPECT_EQ(json.at("columns")[4].at("name").text(), "masked");
  EXPECT_EQ(json.at("columns")[4].at("equal").get<int>(), 1);
  EXPECT_EQ(json.at("rows")[0].at("masked").at("b").get<int>(), 4);
  EXPECT_EQ(json.at("rows")[0].at("largest_difference_in").text(), "masked");
}

TEST(FaultResults, ReadsHeadersInAnyOrderAndCaseAndLeavesOthersOut) {
  const FaultResults read =
      results("critical;Bit;LAYER;Injection;TensorIndex;seconds;N_injections\n1;30;conv;12;[1, 2];0.5;10\n");
  EXPECT_THAT(read.columns, ElementsAre("critical"));
  ASSERT_EQ(read.rows.size(), 1u);
  EXPECT_EQ(read.rows[0].fault, bit_flip(12, "conv", {1, 2}, 30));
  EXPECT_THAT(read.rows[0].counts, ElementsAre(1));
  EXPECT_THAT(read.notes, ElementsAre("r.csv: left out: column seconds"));
}

TEST(FaultResults, AReportThatIsCutShortIsReadAsFarAsItGoes) {
  const std::string report = report_of(three_rows());
  const FaultResults torn = results(report.substr(0, report.size() - 3));
  EXPECT_TRUE(torn.is_unfinished);
  EXPECT_EQ(torn.rows.size(), 2u);
  EXPECT_TRUE(results(report_header()).is_unfinished);
  EXPECT_FALSE(results(report).is_unfinished);
  // Of other files the last line may lack its end.
  EXPECT_EQ(results(std::string(kPublishedHeader) + "0,c,\"(1, 2)\",3,10,7,3,0").rows.size(), 1u);
}

TEST(FaultResults, NamesEveryProblemWithItsPlace) {
  EXPECT_THAT(problems_of(""), HasSubstr("r.csv:1:1: no header"));
  EXPECT_THAT(problems_of("Injection,Layer,TensorIndex,Bit\n0,c,\"(1, 2)\",3\n"),
              HasSubstr("the header lacks n_injections; any of masked"));
  const std::string header = kPublishedHeader;
  EXPECT_THAT(problems_of(header + "0,c,\"(1, 2)\",3,10,7,3\n"),
              HasSubstr("r.csv:2:1: expected 8 columns, found 7"));
  EXPECT_THAT(
      problems_of(header + "0,c,\"(1, 2)\",32,10,7,3,0\nx,c,1,3,0,7,3,0\n"),
      testing::AllOf(HasSubstr("r.csv:2:14: the bit: expected a whole number from 0 to 31, found \"32\""),
                     HasSubstr("r.csv:3:1: the fault's number"), HasSubstr("r.csv:3:5: the index"),
                     HasSubstr("r.csv:3:9: n_injections")));
  EXPECT_THAT(problems_of(header + "0,c,\"(1, 2)\",3,10,11,3,0\n"),
              HasSubstr("masked: expected a whole number from 0 to 10"));
  EXPECT_THAT(problems_of(header + "0,c,\"(1, 2)\",3,10,7,3,1\n"),
              HasSubstr("masked + non_critical + critical is not"));
  EXPECT_THAT(problems_of(header + "0,c,\"(1, 2)\",3,10,7,3,0\n0,c,\"(1, 3)\",3,10,7,3,0\n"),
              HasSubstr("r.csv:3:1: the fault's number: expected each once (it stands in line 2 already)"));
  EXPECT_THAT(problems_of(report_header() + "GOLDEN,,,\n"),
              HasSubstr("r.csv:2:1: expected 12 columns, found 4"));
}

TEST(FaultResults, AFileThatIsNotThereIsBadInput) {
  EXPECT_THROW((void)FaultResults::read(testing::TempDir() + "no_such_report.csv"), Error);
}

}  // namespace
}  // namespace tf_injector::detail
