// Reading fault lists: what a good list becomes, and every problem with its place and text.
#include "fault/fault_list.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "core/bits.hpp"
#include "fault/lists.hpp"
#include "io/csv.hpp"
#include "io/file.hpp"
#include "io/sha256.hpp"

namespace tf_injector::detail {
namespace {

using test::kListHeader;
using test::parse;
using test::problems_in;
using test::problems_of;
using testing::HasSubstr;

TEST(FaultList, RowsBecomeFaultsAndPatches) {
  const std::string text =
      std::string(kListHeader) + "7,conv2d_1,\"(2, 1, 0, 3)\",31\n3,dense,\"( 5 ,9 )\", 0 \n";
  const ResolvedFaultList list = parse(text);
  EXPECT_EQ(list.path, "list.csv");
  EXPECT_EQ(list.sha256, sha256_of(text.data(), text.size()));
  ASSERT_EQ(list.faults.size(), 2u);
  const Fault& first = list.faults[0];
  const Patch& patch = list.patches[0].front();
  EXPECT_EQ(first.id, 7);
  EXPECT_EQ(first.parts[0].layer, "conv2d_1");
  EXPECT_EQ(first.parts[0].index, (std::vector<int64_t>{2, 1, 0, 3}));
  EXPECT_EQ(flipped_bit(first), 31);
  EXPECT_EQ(patch.weight, 2);
  EXPECT_EQ(patch.element, ((2 * 2 + 1) * 8 + 0) * 4 + 3);  // row-major in (3, 2, 8, 4)
  EXPECT_EQ(patch.old_bits, float_bits(static_cast<float>(patch.element)));
  EXPECT_EQ(patch.new_bits, patch.old_bits ^ 0x80000000u);
  EXPECT_EQ(list.patches[1].front().element, 59);
  EXPECT_EQ(list.patches[1].front().new_bits, list.patches[1].front().old_bits ^ 1u);
}

TEST(FaultList, LineEndsBomAndBlankLinesDoNoHarm) {
  const std::string row = "0,dense,\"(1, 2)\",4";
  const std::string head = "Injection,Layer,TensorIndex,Bit";
  for (const std::string& text :
       {head + "\n" + row, head + "\r\n" + row + "\r\n", "\xEF\xBB\xBF" + head + "\n" + row + "\n",
        "\n \r\n" + head + "\n\n\t\n" + row + "\n\n\n"}) {
    const ResolvedFaultList list = parse(text);
    ASSERT_EQ(list.faults.size(), 1u) << text;
    EXPECT_EQ(list.faults[0].parts[0].index, (std::vector<int64_t>{1, 2}));
  }
  EXPECT_THAT(problems_of("\n\n" + head + "\n\n" + row + "1"), testing::StartsWith("list.csv:5:18:"));
}

TEST(FaultList, IdsMayComeInAnyOrder) {
  const ResolvedFaultList list =
      parse(std::string(kListHeader) +
            "9223372036854775807,dense,\"(0, 0)\",0\n0,dense,\"(0, 0)\",0\n5,dense,\"(0, 0)\",0\n");
  ASSERT_EQ(list.faults.size(), 3u);
  EXPECT_EQ(list.faults[0].id, 9223372036854775807);
  EXPECT_EQ(list.faults[2].id, 5);
}

TEST(FaultList, LayersByNameAndByPath) {
  const auto weight_of = [](const std::string& layer) {
    return parse(std::string(kListHeader) + "0," + layer + ",\"(0, 0, 1, 1)\",0\n").patches[0].front().weight;
  };
  EXPECT_EQ(weight_of("left/conv"), 3);
  EXPECT_EQ(weight_of("right/inner/conv"), 4);
  EXPECT_EQ(weight_of("inner/conv"), 4);
  EXPECT_EQ(weight_of("/left/conv"), 3);
  EXPECT_EQ(weight_of("block/0"), 5);  // a slash of the leaf name itself
  EXPECT_EQ(weight_of("right/block/0"), 5);
  EXPECT_THAT(problems_in("0,0,\"(0, 0, 1, 1)\",0\n"), HasSubstr("unknown layer"));
}

TEST(FaultList, EmptyAndWrongHeader) {
  const std::string expected = "; expected \"Injection,Layer,TensorIndex,Bit\"; found ";
  EXPECT_EQ(problems_of(""),
            "list.csv:1:1: empty file; expected the header \"Injection,Layer,TensorIndex,Bit\" and a "
            "row per fault; found nothing");
  EXPECT_EQ(problems_of("\n\r\n"), problems_of(""));
  EXPECT_EQ(problems_of("\nInjection,Layer,Index,Bit\n0,dense,\"(0, 0)\",0\n"),
            "list.csv:2:1: wrong header" + expected + "\"Injection,Layer,Index,Bit\"");
  EXPECT_THAT(
      problems_of("0,dense,\"(0, 0)\",0\n1,dense,\"(0, 99)\",0\n"),  // of the right width: rows are read
      testing::AllOf(HasSubstr("list.csv:1:1: wrong header"),
                     HasSubstr("list.csv:2:9: TensorIndex out of range")));
  EXPECT_EQ(problems_of("Injection,Layer,TensorIndex,Bit\n\n"),
            "list.csv:2:1: no faults; expected at least one row after the header; found the end of the file");
}

// What is wrong with a header, in the place of the first fault.
TEST(FaultList, AWrongHeaderSaysWhatIsWrongWithIt) {
  const auto problem = [](const std::string& header) {
    const std::string text = problems_of(header + "\n0,dense,\"(0, 0)\",0\n");
    return text.substr(0, text.find('\n'));
  };
  const std::string expected = "; expected \"Injection,Layer,TensorIndex,Bit\"; found ";
  EXPECT_EQ(problem(",Injection,Layer,TensorIndex,Bit"),
            "list.csv:1:1: wrong header: column 1 (\"\") is an index, as pandas writes it; to_csv(..., "
            "index=False) "
            "leaves it out" +
                expected + "\",Injection,Layer,TensorIndex,Bit\"");
  EXPECT_THAT(problem("Unnamed: 0;Injection;Layer;TensorIndex;Bit"),
              testing::AllOf(HasSubstr("column 1 (\"Unnamed: 0\") is an index"),
                             testing::EndsWith("found \"Unnamed: 0;Injection;Layer;TensorIndex;Bit\"")));
  EXPECT_EQ(problem("Injection,Layer,TensorIndex,Bit,,Values"),
            "list.csv:1:1: wrong header: column 6 (\"Values\") is none of a fault list" + expected +
                "\"Injection,Layer,TensorIndex,Bit,,Values\"");
  EXPECT_THAT(problem("Injection,Layer,TensorIndex,Bit,,Value"), HasSubstr("column 5 (\"\") has no name"));
  EXPECT_THAT(problem("Layer,TensorIndex,Bit,Injection"),
              HasSubstr("header: the columns are in another order; exp"));
  EXPECT_THAT(problem("# 95 % confidence, 1 % error"),
              HasSubstr("header: a comment, which lists cannot have; exp"));
  EXPECT_THAT(problem("np.int64(1),dense,\"(0, 0)\",0"),
              HasSubstr("header: a fault stands in its place; expected"));
  EXPECT_EQ(problem("Injection,Layer,Tensor Index,Bit"),
            "list.csv:1:1: wrong header" + expected + "\"Injection,Layer,Tensor Index,Bit\"");
  EXPECT_EQ(problem("sep=|\nInjection|Layer|TensorIndex|Bit"),
            "list.csv:1:1: separator '|'; expected a comma, a semicolon or a tab after sep=");
  EXPECT_EQ(problem("sep="), "list.csv:1:1: separator ''; expected a comma, a semicolon or a tab after sep=");
  const std::string one_column =
      "wrong header: all names are one column; the separator must be the one of the sep= line, and no row "
      "may "
      "stand in quotes as a whole" +
      expected + "\"Injection,Layer,TensorIndex,Bit\"";
  EXPECT_EQ(problem("sep=;\nInjection,Layer,TensorIndex,Bit"), "list.csv:2:1: " + one_column);
  EXPECT_EQ(problem("\"Injection,Layer,TensorIndex,Bit\"\n\"0,dense,\"\"(0, 0)\"\",0\""),
            "list.csv:1:1: " + one_column);
}

TEST(FaultList, FormsThatSpreadsheetsAndPythonWrite) {
  const std::string head = "Injection,Layer,TensorIndex,Bit\n";
  for (const std::string& text : std::vector<std::string>{
           "Injection;Layer;TensorIndex;Bit\n7;dense;(1, 2);4\n",
           "Injection\tLayer\tTensorIndex\tBit\n7\tdense\t(1, 2)\t4\n",
           "\"Injection\"\t\"Layer\"\t\"TensorIndex\"\t\"Bit\"\n\"7\"\t\"dense\"\t\"(1, 2)\"\t\"4\"\n",
           "sep=;\r\nInjection;Layer;TensorIndex;Bit\r\n7;dense;\"(1, 2)\";4\r\n",
           "\xEF\xBB\xBFsep=,\n" + head + "7,dense,\"(1, 2)\",4\n",
           "\"sep=,\"\n" + head + "7,dense,\"(1, 2)\",4\n",
           "SEP=\t\nInjection\tLayer\tTensorIndex\tBit\n7\tdense\t(1, 2)\t4\n",
           "injection,LAYER,tensorindex,bIT\n7,dense,\"(1, 2)\",4\n",
           "Injection, Layer , TensorIndex, Bit \n7, dense , \"(1, 2)\" , 4\n",
           head + ",,,\n7,dense,\"(1, 2)\",4\n,,,\n , ,,\n,\n\"\",\"\",\"\",\"\"\n,,,,,,\n",
           "Injection,Layer,TensorIndex,Bit,,\n7,dense,\"(1, 2)\",4,,\n,,,,,\n",
           "Injection,Layer,TensorIndex,Bit,\n7,dense,\"(1, 2)\",4\n",
           head + "np.int64(7),dense,\"[np.int32(1), np.uint8(2)]\",np.int64(4)\n",
           head + "7,dense,\"[1, 2]\",4\r\r\n"}) {
    const ResolvedFaultList list = parse(text);
    ASSERT_EQ(list.faults.size(), 1u) << text;
    const Fault& fault = list.faults[0];
    EXPECT_EQ(fault.id, 7) << text;
    EXPECT_EQ(fault.parts[0].layer, "dense") << text;
    EXPECT_EQ(fault.parts[0].index, (std::vector<int64_t>{1, 2})) << text;
    EXPECT_EQ(flipped_bit(fault), 4) << text;
    EXPECT_EQ(list.sha256, sha256_of(text.data(), text.size()));
  }
  EXPECT_THAT(problems_of("sep=;\nInjection;Layer;TensorIndex;Bit\n\n;;;\n7;dense;(1, 2);41\n"),
              testing::StartsWith("list.csv:5:16:"));
}

TEST(FaultList, ColumnsTooManyAreAProblemWhereTheyHoldSomething) {
  EXPECT_EQ(problems_of("Injection,Layer,TensorIndex,Bit,\n7,dense,\"(1, 2)\",4,x\n8,dense,\"(1, 2)\",4,,\n"),
            "list.csv:2:1: wrong number of columns; expected 4; found 5\n"
            "list.csv:3:1: wrong number of columns; expected 4; found 6");
  EXPECT_EQ(problems_in("7,dense,\"(1, 2)\",4,\n"),
            "list.csv:2:1: wrong number of columns; expected 4; found 5");
  EXPECT_EQ(problems_in("7,dense,[1, 2],4\n"),
            "list.csv:2:1: wrong number of columns; expected 4, with the index in double quotes: "
            "0,conv2d,\"(2, 1, 0, "
            "7)\",15; found 5");
}

struct Case {
  const char* row;
  const char* problem;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.row; }

class FaultListProblem : public testing::TestWithParam<Case> {};

TEST_P(FaultListProblem, HasPlaceExpectedAndFound) {
  EXPECT_EQ(problems_in(std::string("1,dense,\"(0, 0)\",0\n") + GetParam().row + "\n"),
            std::string("list.csv:3:") + GetParam().problem);
}

constexpr const char* kIdProblem =
    "1: Injection is no number that can be used; expected a whole number from 0 to 9223372036854775807; "
    "found ";

INSTANTIATE_TEST_SUITE_P(
    Row, FaultListProblem,
    testing::Values(
        Case{"2,dense,\"(0, 0)\"", "1: wrong number of columns; expected 4; found 3"},
        Case{"2,conv2d,(0, 1, 0, 7),15",
             "1: wrong number of columns; expected 4, with the index in double quotes: 0,conv2d,\"(2, 1, 0, "
             "7)\",15; found 7"},
        Case{"1,dense,\"(0, 0)\",0",
             "1: Injection stands twice; expected each number once; found 1, which stands in line 2 already"},
        Case{"2,conv,\"(0, 0, 0, 0)\",0",
             "3: layer name is not unique; expected one of the full paths 'left/conv', "
             "'right/inner/conv'; found \"conv\""},
        Case{"2,flatten,\"(0, 0)\",0",
             "3: layer has no kernel that faults can hit; expected a Conv2D or Dense layer; "
             "found \"flatten\", which is a Flatten"},
        Case{"2,batch_normalization,\"(0,)\",0",
             "3: layer has no kernel that faults can hit; expected a Conv2D or Dense "
             "layer; found \"batch_normalization\", which is a BatchNormalization"},
        Case{"2,conv2d_7,\"(0, 0, 0, 0)\",0",
             "3: unknown layer; expected a Conv2D or Dense layer of the model (nearest: 'conv2d_1'); found "
             "\"conv2d_7\""},
        Case{"2,xyz,\"(0, 0)\",0",
             "3: unknown layer; expected a Conv2D or Dense layer of the model; found \"xyz\""},
        Case{"2,,\"(0, 0)\",0",
             "3: unknown layer; expected a Conv2D or Dense layer of the model; found \"\""},
        Case{"2,dense,\"(0, 10)\",0",
             "9: TensorIndex out of range on axis 1; expected 0 to 9 for the kernel (6, 10); found 10 in "
             "\"(0, 10)\""},
        Case{"2,dense,\"(-1, 0)\",0",
             "9: TensorIndex out of range on axis 0; expected 0 to 5 for the kernel (6, 10); found -1 in "
             "\"(-1, 0)\""},
        Case{"2,dense,\"(99999999999999999999, 0)\",0",
             "9: TensorIndex out of range on axis 0; expected 0 to 5 for the kernel (6, 10); found "
             "99999999999999999999 in "
             "\"(99999999999999999999, 0)\""},
        Case{"2,dense,\"(0,)\",0",
             "9: TensorIndex of wrong length; expected 2 numbers, (in, out) of the kernel (6, 10); found 1 "
             "numbers: \"(0,)\""},
        Case{"2,dense,[0 0],0",
             "9: TensorIndex is no tuple of whole numbers (numbers without commas between them, as NumPy "
             "prints an "
             "array); expected 2 numbers, (in, out) of the kernel (6, 10); found \"[0 0]\""},
        Case{"2,dense,\"(0, 0)\",32",
             "18: Bit out of range; expected 0 (lowest mantissa bit) to 31 (sign); found \"32\""},
        Case{"2,dense,\"(0, 0)\",-1",
             "18: Bit out of range; expected 0 (lowest mantissa bit) to 31 (sign); found \"-1\""},
        Case{"2,dense,\"(0, 0)\",99999999999999999999",
             "18: Bit out of range; expected 0 (lowest mantissa bit) to 31 (sign); found "
             "\"99999999999999999999\""},
        Case{"2,dense,\"(0, 0)\",3.0",
             "18: Bit is no whole number; expected 0 (lowest mantissa bit) to 31 (sign); found \"3.0\""},
        Case{"2,dense,\"(0, 0)\",",
             "18: Bit is no whole number; expected 0 (lowest mantissa bit) to 31 (sign); found \"\""},
        Case{"2,dense,\"(0, 0)", "9: quote that is not closed"},
        Case{"2,den\rse,\"(0, 0)\",0", "6: carriage return inside a line; lines end with LF or CRLF"}));

TEST(FaultList, IdsThatCannotBeUsed) {
  for (const std::string id : {"x", "", "-1", "+2", "1.0", "1e3", "9223372036854775808", "0x10"}) {
    EXPECT_EQ(problems_in(id + ",dense,\"(0, 0)\",0\n"),
              std::string("list.csv:2:") + kIdProblem + "\"" + id + "\"");
  }
}

TEST(FaultList, NulAndLongLines) {
  EXPECT_EQ(problems_in(std::string("0,de\0nse,\"(0, 0)\",0\n", 20)), "list.csv:2:5: NUL byte");
  EXPECT_EQ(problems_in("0,dense,\"(0, 0)\",0\n1," + std::string(70000, 'x') + "\n"),
            "list.csv:3:1: a line of more than 65536 bytes");
  const std::string message = problems_in("0," + std::string(60000, 'd') + ",\"(0, 0)\",0\n");
  EXPECT_LT(message.size(), 300u);  // what was found is cut
  EXPECT_THAT(message, HasSubstr("ddd...\""));
  EXPECT_THAT(problems_in("0,a\x01\x1B[31m,\"(0, 0)\",0\n"), HasSubstr("found \"a\\x01\\x1b[31m\""));
}

TEST(FaultList, AHeaderThatIsNoCsvIsTheProblem) {
  EXPECT_EQ(problems_of("Injection,\"Layer\n0,dense,\"(0, 0)\",0\n"),
            "list.csv:1:11: quote that is not closed");
  EXPECT_EQ(problems_of("\xFF\xFEI"), "list.csv:1:1: UTF-16 text; save the file as UTF-8");
}

TEST(FaultList, AllProblemsOfARowAndOfTheListInOrder) {
  EXPECT_EQ(problems_in("0,dense,\"(9, 99)\",77\n0,dense,\"(0, 0)\",0\nx,\"y\n"),
            "list.csv:2:9: TensorIndex out of range on axis 0; expected 0 to 5 for the kernel (6, 10); found "
            "9 in \"(9, 99)\"\n"
            "list.csv:2:9: TensorIndex out of range on axis 1; expected 0 to 9 for the kernel (6, 10); found "
            "99 in \"(9, 99)\"\n"
            "list.csv:2:19: Bit out of range; expected 0 (lowest mantissa bit) to 31 (sign); found \"77\"\n"
            "list.csv:3:1: Injection stands twice; expected each number once; found 0, which stands in line "
            "2 already\n"
            "list.csv:4:3: quote that is not closed");
}

TEST(FaultList, AfterAHundredProblemsTheyAreOnlyCounted) {
  std::string rows;
  for (int i = 0; i < 250; ++i) rows += std::to_string(i) + ",dense,\"(0, 0)\",32\n";
  const std::string message = problems_in(rows);
  EXPECT_EQ(std::count(message.begin(), message.end(), '\n'), 100);
  EXPECT_TRUE(message.ends_with("\n... and 150 more")) << message.substr(message.size() - 100);
  EXPECT_THAT(message, HasSubstr("list.csv:101:"));
  EXPECT_THAT(message, testing::Not(HasSubstr("list.csv:102:")));
  std::string hundred;
  for (int i = 0; i < 100; ++i) hundred += std::to_string(i) + ",dense,\"(0, 0)\",32\n";
  EXPECT_THAT(problems_in(hundred), testing::Not(HasSubstr("more")));
}

TEST(FaultList, TheFirstHundredAreTheFirstOfTheFile) {
  std::string rows;
  for (int i = 0; i < 150; ++i) rows += "5,dense,\"(0, 0)\",0\n";  // 149 repetitions
  rows += "6,dense,\"(0, 0)\",0,\n";
  const std::string message = problems_in("x,\"\n" + rows);
  EXPECT_TRUE(
      message.starts_with("list.csv:2:3: quote that is not closed\nlist.csv:4:1: Injection stands twice"))
      << message;
  EXPECT_TRUE(message.ends_with("\n... and 51 more"));
}

TEST(FaultList, AMillionRows) {
  std::string text = kListHeader;
  for (int i = 0; i < 1'000'000; ++i) text += std::to_string(999'999 - i) + ",dense,\"(1, 2)\",3\n";
  EXPECT_EQ(parse(text).faults.size(), 1'000'000u);
}

TEST(FaultList, FromAFile) {
  const Graph model = test::small_model();
  const std::string path = testing::TempDir() + "tfi_fault_list_test.csv";
  std::ofstream(path, std::ios::binary) << kListHeader << "0,dense,\"(0, 0)\",0\n1,dense,\"(0, 0)\",99\n";
  try {
    (void)read_fault_list(path, &model);
    FAIL();
  } catch (const FaultListError& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with(path + ":3:18: Bit out of range"));
  }
  std::filesystem::remove(path);
  EXPECT_THROW((void)read_fault_list(path, &model), Error);
}

// The published lists, against layers with kernels just large enough: every row is a fault, and none is
// changed by reading.
TEST(FaultList, PublishedListsAreRead) {
  const std::filesystem::path folder = std::filesystem::path(TFI_TEST_DIR) / "../../shared/data/fault_lists";
  if (!std::filesystem::is_directory(folder))
    GTEST_SKIP() << "no published fault lists (../shared/data/fault_lists)";
  int lists = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".csv") continue;
    const CsvDocument document = parse_csv(read_text(entry.path()));
    ASSERT_TRUE(document.problems.empty()) << entry.path();
    std::map<std::string, std::vector<int64_t>> shapes;
    for (size_t i = 1; i < document.rows.size(); ++i) {
      std::vector<int64_t>& shape = shapes[document.rows[i].fields.at(1).text];
      std::string index = document.rows[i].fields.at(2).text;
      std::erase_if(index, [](char c) { return c == '(' || c == ')'; });
      const std::vector<CsvField> numbers = parse_csv(index).rows.at(0).fields;
      shape.resize(numbers.size());
      for (size_t a = 0; a < shape.size(); ++a)
        shape[a] = std::max<int64_t>(shape[a], std::stoll(numbers[a].text) + 1);
    }
    Graph graph;
    for (const auto& [name, shape] : shapes)
      test::add_layer(graph, name, name, shape.size() == 4 ? "Conv2D" : "Dense", Shape(shape));
    const ResolvedFaultList list = read_fault_list(entry.path(), &graph);
    ASSERT_EQ(list.faults.size() + 1, document.rows.size());
    for (size_t i = 0; i < list.faults.size(); ++i) {
      const Fault& fault = list.faults[i];
      ASSERT_EQ(std::to_string(fault.id), document.rows[i + 1].fields[0].text);
      ASSERT_EQ(format_index(fault.parts[0].index), document.rows[i + 1].fields[2].text);
      ASSERT_EQ(std::to_string(flipped_bit(fault)), document.rows[i + 1].fields[3].text);
    }
    ++lists;
  }
  EXPECT_GE(lists, 15);
}

}  // namespace
}  // namespace tf_injector::detail
