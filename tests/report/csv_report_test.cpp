#include "report/csv_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "io/file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const Tally kGoldenTally{.images = 100, .top_1_correct = 91, .top_5_correct = 99};

std::string small_report() {
  const Tally masked{100, 91, 99, 100, 100, 68};
  const Tally critical{100, 10, 50, 9, 51, 0};
  return report_header() + golden_row(kGoldenTally) +
         fault_row(bit_flip(1228, "conv2d_8", {2, 0, 30, 3}, 3), masked) +
         fault_row(bit_flip(7, "m/dense", {63, 9}, 31), critical);
}

// The message with which a report is refused; "" when it is accepted.
std::string refusal(const std::string& text) {
  try {
    (void)parse_report(text, "r.csv");
    return "";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    return error.what();
  }
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(CsvReport, ControlCharactersReachNoMessage) {
  const std::string escapes = "\x1b[2J", shown = "\\x1b[2J";
  EXPECT_THAT(refusal(replaced(small_report(), "masked,", escapes)), HasSubstr("found \"" + shown));
  EXPECT_THAT(refusal(replaced(small_report(), ",3,100", "," + escapes + ",100")),
              HasSubstr("found \"" + shown + "\""));
}

TEST(CsvReport, WritesTheBytesOfTheOriginal) {
  EXPECT_EQ(report_header(),
            "inj_id,target_layer,layer_weigths,bit_pos,n_injections,top_1_correct,top_5_correct,top_1_robust,"
            "top_5_robust,"
            "masked,non_critical,critical\r\n");
  EXPECT_EQ(golden_row({10000, 9148, 9965, 0, 0, 0}), "GOLDEN,,,,10000,9148,9965,,,,\r\n");
  EXPECT_EQ(fault_row(bit_flip(1228, "conv2d_8", {2, 0, 30, 3}, 3), {10000, 9148, 9965, 10000, 10000, 6845}),
            "1228,conv2d_8,\"(2, 0, 30, 3)\",3,10000,9148,9965,10000,10000,6845,3155,0\r\n");
  EXPECT_EQ(fault_row(bit_flip(0, "d", {3}, 0), {2, 0, 0, 0, 0, 1}), "0,d,\"(3,)\",0,2,0,0,0,0,1,-1,2\r\n");
  EXPECT_EQ(fault_row(bit_flip(0, "a,\"b\"", {}, 0), {}), "0,\"a,\"\"b\"\"\",(),0,0,0,0,0,0,0,0,0\r\n");
}

// Columns that follow from others are long where those are short.
TEST(CsvReport, NoReportIsLongerThanItsMost) {
  std::mt19937 rng(5);
  for (const int64_t images : {1, 2, 9, 10, 9999, 10000}) {
    const auto count = [&](int64_t most) {
      return static_cast<int64_t>(rng() % static_cast<uint64_t>(most + 1));
    };
    std::vector<Fault> faults;
    const Tally golden{.images = images, .top_1_correct = count(images), .top_5_correct = images};
    std::string text = report_header() + golden_row(golden);
    for (int i = 0; i < 500; ++i) {
      faults.push_back(bit_flip(i, "conv2d_8", {2, 0, 30, i}, i % 32));
      const int64_t masked = i % 3 == 0 ? images : count(images);
      const Tally tally{images, count(images), count(images), count(images), count(images), masked};
      const std::string row = fault_row(faults.back(), tally);
      ASSERT_LE(row.size(), most_row_bytes(faults.back(), images)) << row;
      text += row;
    }
    EXPECT_LE(text.size(), most_report_bytes(FaultTable(faults), images));
  }
}

TEST(CsvReport, ReadsWhatItWrote) {
  const std::string text = small_report();
  const Report report = parse_report(text, "r.csv");
  EXPECT_EQ(report.golden, kGoldenTally);
  EXPECT_EQ(report.complete_bytes, text.size());
  ASSERT_EQ(report.rows.size(), 2u);
  EXPECT_EQ(report.rows[0].fault.id, 1228);
  EXPECT_EQ(report.rows[0].fault.parts[0].layer, "conv2d_8");
  EXPECT_EQ(report.rows[0].fault.parts[0].index, (std::vector<int64_t>{2, 0, 30, 3}));
  EXPECT_EQ(flipped_bit(report.rows[0].fault), 3);
  EXPECT_EQ(report.rows[0].tally, (Tally{100, 91, 99, 100, 100, 68}));
  EXPECT_EQ(report.rows[1].fault.parts[0].layer, "m/dense");
  EXPECT_EQ(report.rows[1].tally.critical(), 91);
}

TEST(CsvReport, LeavesATornLastLineOut) {
  const std::string text = small_report();
  const size_t header = report_header().size();
  const size_t golden = header + golden_row(kGoldenTally).size();
  const size_t first = text.find("7,m/dense");
  for (size_t size = 0; size <= text.size(); ++size) {
    const Report report = parse_report(text.substr(0, size), "r.csv");
    const size_t complete = size == text.size() ? size
                            : size >= first     ? first
                            : size >= golden    ? golden
                            : size >= header    ? header
                                                : 0;
    ASSERT_EQ(report.complete_bytes, complete) << size;
    ASSERT_EQ(report.rows.size(), size_t{size >= first} + size_t{size == text.size()}) << size;
    ASSERT_EQ(report.golden.images, size >= golden ? 100 : 0) << size;
  }
  // What file systems leave after a power cut.
  EXPECT_EQ(parse_report(text + std::string(100, '\0'), "r.csv").complete_bytes, text.size());
}

TEST(CsvReport, RefusesOtherFiles) {
  for (const char* end : {"\n", "\r\n"})
    EXPECT_EQ(refusal(std::string("Injection,Layer,TensorIndex,Bit") + end),
              "r.csv:1:1: a fault list; expected the report of a run over it");
  EXPECT_THAT(refusal("Layer,TensorIndex,Bit\r\n"),
              StartsWith("r.csv:1:1: not what a report has here; expected \"inj_id,"));
  EXPECT_THAT(refusal("inj_id,target_layer,layer_weights,bit_pos\r\n"), StartsWith("r.csv:1:31: "));
  EXPECT_THAT(refusal("no line end, no report"), StartsWith("r.csv:1:1: "));
  EXPECT_THAT(refusal(report_header() + "1,2\r\n"),
              StartsWith("r.csv:2:1: wrong number of columns; expected 11; found 2"));
  EXPECT_THAT(refusal(report_header() + "\r\n"),
              StartsWith("r.csv:2:1: wrong number of columns; expected 11; found 0"));
  EXPECT_THAT(refusal(replaced(small_report(), "GOLDEN", "golden")),
              StartsWith("r.csv:2:1: inj_id of the first row; expected GOLDEN; found \"golden\""));
}

// Every number at the ends of its range, and one beyond.
TEST(CsvReport, ReadsTheLeastAndTheLargestNumbers) {
  const auto of = [](const Fault& fault, const Tally& golden, const Tally& tally) {
    return report_header() + golden_row(golden) + fault_row(fault, tally);
  };
  const Fault least = bit_flip(0, "d", {0}, 0), most = bit_flip(INT64_MAX, "d", {INT64_MAX}, 31);
  for (const Fault& fault : {least, most}) {
    for (const int64_t images : {int64_t{1}, int64_t{100}, kMostReportImages}) {
      for (const Tally& tally :
           {Tally{images, 0, 0, 0, 0, 0}, Tally{images, images, images, images, images, images},
            Tally{images, 0, 0, 0, 0, images}}) {
        const Tally golden{
            .images = images, .top_1_correct = tally.top_1_correct, .top_5_correct = tally.top_5_correct};
        const std::string text = of(fault, golden, tally);
        const Report report = parse_report(text, "r.csv");
        ASSERT_EQ(report.rows.size(), 1u);
        EXPECT_EQ(report.rows[0].tally, tally);
        EXPECT_EQ(report.rows[0].fault.id, fault.id);
        EXPECT_EQ(report.rows[0].fault.parts[0].index, fault.parts[0].index);
        EXPECT_EQ(flipped_bit(report.rows[0].fault), flipped_bit(fault));
        EXPECT_EQ(report.golden, golden);
      }
    }
  }
  const Tally golden{.images = 100}, tally{100, 50, 50, 50, 50, 50};
  int64_t Tally::*const counts[] = {&Tally::top_1_correct, &Tally::top_5_correct, &Tally::top_1_robust,
                                    &Tally::top_5_robust, &Tally::masked};
  const char* const names[] = {"top_1_correct", "top_5_correct", "top_1_robust", "top_5_robust", "masked"};
  for (size_t i = 0; i < std::size(counts); ++i) {
    for (const int64_t beyond : {int64_t{-1}, int64_t{101}}) {
      Tally wrong = tally;
      wrong.*counts[i] = beyond;
      EXPECT_THAT(refusal(of(least, golden, wrong)),
                  HasSubstr(std::string(": ") + names[i] + "; expected a whole"));
      if (i >= 2) continue;
      wrong = golden;
      wrong.*counts[i] = beyond;
      EXPECT_THAT(refusal(of(least, wrong, tally)), StartsWith("r.csv:2:"));
    }
  }
  for (const int64_t images : {99, 101}) {
    Tally wrong = tally;
    wrong.images = images;
    EXPECT_THAT(refusal(of(least, golden, wrong)),
                HasSubstr(": n_injections; expected a whole number from 100 to 100"));
  }
  for (const int bit : {-1, 32})
    EXPECT_THAT(refusal(of(bit_flip(0, "d", {0}, bit), golden, tally)), HasSubstr(": bit_pos; expected"));
  EXPECT_THAT(refusal(of(bit_flip(-1, "d", {0}, 0), golden, tally)),
              StartsWith("r.csv:3:1: inj_id; expected"));
  for (const int64_t images : {int64_t{0}, kMostReportImages + 1}) {
    EXPECT_THAT(refusal(report_header() + golden_row({.images = images})),
                StartsWith("r.csv:2:11: n_injections"));
  }
}

// Every count of its own column: no two may change places.
TEST(CsvReport, EveryColumnIsItsOwn) {
  const Fault fault = bit_flip(12, "d", {3, 4}, 5);
  const Tally golden{.images = 100, .top_1_correct = 91, .top_5_correct = 99}, tally{100, 61, 72, 53, 84, 15};
  const std::string text = report_header() + golden_row(golden) + fault_row(fault, tally);
  EXPECT_EQ(text.substr(report_header().size()),
            "GOLDEN,,,,100,91,99,,,,\r\n12,d,\"(3, 4)\",5,100,61,72,53,84,15,38,47\r\n");
  const Report report = parse_report(text, "r.csv");
  EXPECT_EQ(report.golden, golden);
  ASSERT_EQ(report.rows.size(), 1u);
  EXPECT_EQ(report.rows[0].tally, tally);
}

TEST(CsvReport, ShowsUpToFortyCharactersOfWhatDiffers) {
  const std::string forty(40, 'x');
  EXPECT_EQ(refusal(forty + "\r\n"),
            "r.csv:1:1: not what a report has here; expected \"inj_id,target_layer,layer_weigths,bit_po\"; "
            "found \"" +
                forty + "\"");
  EXPECT_THAT(refusal(forty + "y\r\n"), testing::EndsWith("found \"" + forty + "\""));
  EXPECT_THAT(refusal(report_header() + "GOLDEN,,,,1,1,1,,,,0\r\n"),
              StartsWith("r.csv:2:20: not what a report has here; expected \"\"; found \"0\""));
}

TEST(CsvReport, SaysInWhichLineAnInjectionStands) {
  const Tally tally{100, 1, 2, 3, 4, 5};
  std::string text = report_header() + golden_row({.images = 100});
  for (const int64_t injection : {5, 6, 7, 6}) text += fault_row(bit_flip(injection, "d", {0}, 0), tally);
  EXPECT_EQ(refusal(text),
            "r.csv:6:1: inj_id; expected each number once (it stands in line 4 already); found \"6\"");
}

struct Tampered {
  const char* from;
  const char* to;
  const char* message;
};

class TamperedReport : public testing::TestWithParam<Tampered> {};

TEST_P(TamperedReport, IsRefusedWithThePlace) {
  const auto& [from, to, message] = GetParam();
  EXPECT_THAT(refusal(replaced(small_report(), from, to)), StartsWith(message));
}

INSTANTIATE_TEST_SUITE_P(
    Lines, TamperedReport,
    testing::Values(
        Tampered{"GOLDEN,,,,100,", "GOLDEN,,,,0,",
                 "r.csv:2:11: n_injections; expected a whole number from 1 to"},
        Tampered{"GOLDEN,,,,100,91", "GOLDEN,,,,100,101",
                 "r.csv:2:15: top_1_correct; expected a whole number from 0 to 100"},
        Tampered{"99,,,,", "99,1,,,", "r.csv:2:21: not what a report has here"},
        Tampered{"1228", "", "r.csv:3:1: inj_id; expected a whole number"},
        Tampered{"1228", "01228", "r.csv:3:1: not what a report has here"},
        Tampered{"1228", "99999999999999999999", "r.csv:3:1: inj_id; expected a whole number"},
        Tampered{"1228", "7",
                 "r.csv:4:1: inj_id; expected each number once (it stands in line 3 already); found \"7\""},
        Tampered{"conv2d_8", "", "r.csv:3:6: target_layer; expected the name of a layer"},
        Tampered{"(2, 0, 30, 3)", "(2,0, 30, 3)", "r.csv:3:19: not what a report has here"},
        Tampered{"(2, 0, 30, 3)", "[2, 0, 30, 3]", "r.csv:3:16: not what a report has here"},
        Tampered{"(2, 0, 30, 3)", "2, 0, 30, 3", "r.csv:3:15: layer_weigths; expected a tuple"},
        Tampered{"(2, 0, 30, 3)", "(2, 0, 99999999999999999999, 3)",
                 "r.csv:3:24: not what a report has here"},
        Tampered{"\"(2, 0, 30, 3)\"", "(2, 0, 30, 3)",
                 "r.csv:3:1: wrong number of columns; expected 12; found 15"},
        Tampered{"\",3,", "\",32,",
                 "r.csv:3:31: bit_pos; expected a whole number from 0 to 31; found \"32\""},
        Tampered{"3,100,91", "3,99,91",
                 "r.csv:3:33: n_injections; expected a whole number from 100 to 100; found \"99\""},
        Tampered{"91,99,100,100", "91,99,99,100",
                 "r.csv:3:53: non_critical; expected top_1_robust - masked = 31; found \"32\""},
        Tampered{"68,32,0", "68,32,1",
                 "r.csv:3:57: critical; expected n_injections - top_1_robust = 0; found \"1\""},
        Tampered{"68,32,0", "68,32,0,0", "r.csv:3:1: wrong number of columns; expected 12; found 13"},
        Tampered{"68,32,0\r\n", "68,32,0\n", "r.csv:3:58: line ends with LF; expected CRLF"},
        Tampered{"68,32,0\r\n", "68,32,0\r\n\r\n",
                 "r.csv:4:1: wrong number of columns; expected 12; found 0"}));

TEST(CsvReport, AnyByteThatChangesIsSeenOrReadAsWritten) {
  // A changed byte is refused, or the report says something else that is as consistent: it is written back as
  // it was read.
  const std::string text = small_report();
  std::mt19937 random(5);
  int refused = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string changed = text;
    changed[random() % text.size()] =
        static_cast<char>(random() % 4 == 0 ? random() % 256 : "0123456789,\"\r\n()- G"[random() % 18]);
    Report report;
    try {
      report = parse_report(changed, "r.csv");
    } catch (const Error& error) {
      ++refused;
      ASSERT_THAT(error.what(), testing::MatchesRegex("r\\.csv:[0-9]+:[0-9]+: .*")) << changed;
      continue;
    }
    std::string again = report.complete_bytes > 0 ? report_header() : "";
    if (report.golden.images > 0) again += golden_row(report.golden);
    for (const auto& [fault, tally] : report.rows) again += fault_row(fault, tally);
    ASSERT_EQ(again, changed.substr(0, report.complete_bytes));
  }
  EXPECT_GT(refused, 2000);
}

TEST(CsvReport, KeepsTheBytesOfTheReference) {
  const std::string path =
      std::string(TFI_TEST_DIR) + "/../../shared/data/reference/ResNet20_24faults_report.csv";
  if (!file_exists(path)) GTEST_SKIP() << "the reference reports in ../shared/data are not there";
  const std::string text = read_text(path);
  const Report report = parse_report(text, path);
  EXPECT_EQ(report.rows.size(), 24u);
  EXPECT_EQ(report.complete_bytes, text.size());
  std::string again = report_header() + golden_row(report.golden);
  for (const auto& [fault, tally] : report.rows) again += fault_row(fault, tally);
  EXPECT_EQ(again, text);
}

}  // namespace
}  // namespace tf_injector::detail
