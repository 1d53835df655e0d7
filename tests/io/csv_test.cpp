// CSV: positions, problems, sizes. Random files are compared with Python's csv in tests/oracle/test_csv.py.
#include "io/csv.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tf_injector::detail {
namespace {

// "line:column text" of each field and "line:column ! text" of each problem.
std::string shown(const CsvDocument& document) {
  std::string text;
  for (const CsvRow& row : document.rows) {
    for (const CsvField& field : row.fields) {
      EXPECT_EQ(field.line, row.line);
      text += std::to_string(field.line) + ":" + std::to_string(field.column) + " " + field.text + "\n";
    }
  }
  for (const CsvProblem& problem : document.problems) {
    text += std::to_string(problem.line) + ":" + std::to_string(problem.column) + " ! " + problem.text + "\n";
  }
  return text;
}

TEST(Csv, PositionsAreThoseOfTheFile) {
  EXPECT_EQ(shown(parse_csv("a,bc,\"d,e\",f\r\n\r\n \t\n\"\",\"say \"\"x\"\"\"\n,")),
            "1:1 a\n1:3 bc\n1:6 d,e\n1:12 f\n4:1 \n4:4 say \"x\"\n5:1 \n5:2 \n");
}

TEST(Csv, EmptyFiles) {
  for (const char* text : {"", "\n", "\r\n\r\n", "\xEF\xBB\xBF", "\xEF\xBB\xBF\n  \n"}) {
    EXPECT_EQ(shown(parse_csv(text)), "") << text;
  }
}

TEST(Csv, AnotherSeparatorLeavesCommasAlone) {
  EXPECT_EQ(shown(parse_csv("a,b;\"c;d\";e", ';')), "1:1 a,b\n1:5 c;d\n1:11 e\n");
}

TEST(Csv, SpacesBehindSeparatorsAndQuotesCanBeFree) {
  const std::string text = "a, b,  \"c, d\"  , \"\"\"e\" ,\n , \n";
  EXPECT_EQ(shown(parse_csv(text, ',', CsvSpaces::free)),
            "1:1 a\n1:4 b\n1:8 c, d\n1:18 \"e\n1:25 \n2:2 \n2:4 \n");
  EXPECT_EQ(shown(parse_csv("a, \"b\"", ',')), "1:4 ! quote inside a field that does not start with one\n");
  EXPECT_EQ(shown(parse_csv("a, \"b\" c", ',', CsvSpaces::free)), "1:8 ! text after a closing quote\n");
  EXPECT_EQ(shown(parse_csv("a, \"b\" \"\"", ',', CsvSpaces::free)), "1:8 ! text after a closing quote\n");
}

TEST(Csv, LinesEndedTwiceByWindows) {
  EXPECT_EQ(shown(parse_csv("a,b\r\r\nc\r\r\n\r\r\n")), "1:1 a\n1:3 b\n2:1 c\n");
}

TEST(Csv, OldMacLineEndsAreNamedHoweverLongTheFile) {
  std::string text;
  while (text.size() < 100000) text += "a,b\r";
  EXPECT_EQ(shown(parse_csv(text)), "1:4 ! carriage return inside a line; lines end with LF or CRLF\n");
}

TEST(Csv, ProblemsHavePlacesAndTheOtherRowsAreKept) {
  using namespace std::string_literals;
  const auto after_good = [](const std::string& line) { return shown(parse_csv("ok\n" + line + "\nok\n")); };
  const std::string rest = "1:1 ok\n3:1 ok\n";
  EXPECT_EQ(after_good("a,b\0c"s), rest + "2:4 ! NUL byte\n");
  EXPECT_EQ(after_good("a,b\rc"), rest + "2:4 ! carriage return inside a line; lines end with LF or CRLF\n");
  EXPECT_EQ(after_good("a,b\"c"), rest + "2:4 ! quote inside a field that does not start with one\n");
  EXPECT_EQ(after_good("a,\"b"), rest + "2:3 ! quote that is not closed\n");
  EXPECT_EQ(after_good("a,\"b\"\""), rest + "2:3 ! quote that is not closed\n");
  EXPECT_EQ(after_good("a,\"b\" ,c"), rest + "2:6 ! text after a closing quote\n");
  EXPECT_EQ(after_good(std::string(65536, ' ') + "\n"), "1:1 ok\n4:1 ok\n");
  EXPECT_EQ(parse_csv(std::string(65536, 'x')).rows.at(0).fields.at(0).text.size(), 65536u);
}

TEST(Csv, ALineThatIsTooLongIsTheLastThatIsRead) {
  const std::string tail = "2:1 ! a line of more than 65536 bytes\n";
  for (const char c : {'x', ' ', '\0'}) {
    EXPECT_EQ(shown(parse_csv("ok\n" + std::string(65537, c) + "\nok\n")), "1:1 ok\n" + tail);
    EXPECT_EQ(shown(parse_csv("ok\n" + std::string(65537, c))), "1:1 ok\n" + tail);
  }
  for (const char* end : {"", "\n", "\r\n", "\r\r\n"})
    EXPECT_EQ(parse_csv(std::string(65536, 'x') + end).rows.at(0).fields.at(0).text.size(), 65536u);
}

// The text through a reader that is given it in pieces of these sizes, in turn.
std::string shown_in_pieces(std::string_view text, const std::vector<size_t>& sizes, CsvForm form) {
  size_t at = 0, turn = 0;
  CsvReader reader([&](char* into, size_t most) {
    const size_t count = std::min({most, sizes[turn++ % sizes.size()], text.size() - at});
    std::copy_n(text.data() + at, count, into);
    at += count;
    return count;
  });
  reader.set_form(form);
  CsvDocument document;
  for (auto what = reader.next(); what != CsvReader::Next::end; what = reader.next()) {
    if (what == CsvReader::Next::row) document.rows.push_back(owned(reader.row()));
    if (what == CsvReader::Next::problem) document.problems.push_back(reader.problem());
  }
  EXPECT_EQ(reader.next(), CsvReader::Next::end);
  return shown(document);
}

TEST(Csv, NothingDependsOnWhereBlocksEnd) {
  std::mt19937 random(7);
  const std::vector<std::string> pieces{"a",
                                        "\"",
                                        "\"\"",
                                        ",",
                                        ";",
                                        " ",
                                        "\n",
                                        "\r\n",
                                        "\r\r\n",
                                        "\r",
                                        std::string(1, '\0'),
                                        "\xEF\xBB\xBF",
                                        "(1, 2)"};
  for (int turn = 0; turn < 3000; ++turn) {
    std::string text = turn % 3 == 0 ? "\xEF\xBB\xBF" : "";
    for (size_t i = random() % 40; i > 0; --i) text += pieces[random() % pieces.size()];
    const CsvSpaces spaces = turn % 2 == 0 ? CsvSpaces::free : CsvSpaces::kept;
    const std::string whole = shown(parse_csv(text, ',', spaces));
    EXPECT_EQ(shown_in_pieces(text, {1}, {.spaces = spaces}), whole) << testing::PrintToString(text);
    EXPECT_EQ(shown_in_pieces(text, {2, 7, 1, 64}, {.spaces = spaces}), whole)
        << testing::PrintToString(text);
  }
  std::string longer;  // than a block
  while (longer.size() < (size_t{1} << 20)) longer += std::string(random() % 70, 'x') + ",\"a\"\"b\",c\n";
  EXPECT_EQ(shown_in_pieces(longer, {longer.size()}, {}), shown(parse_csv(longer)));
  EXPECT_EQ(shown_in_pieces(longer, {65536, 1, 70000}, {}), shown(parse_csv(longer)));
}

TEST(Csv, BehindALineThatIsTooLongNothingIsRead) {
  size_t bytes = 0;
  CsvReader endless([&](char* into, size_t most) {
    std::fill_n(into, most, 'x');
    bytes += most;
    return most;
  });
  EXPECT_FALSE(endless.peek());
  EXPECT_EQ(endless.next(), CsvReader::Next::problem);
  EXPECT_EQ(endless.problem().text, "a line of more than 65536 bytes");
  EXPECT_EQ(endless.next(), CsvReader::Next::end);
  EXPECT_LE(bytes, size_t{1} << 20);
}

TEST(Csv, ALineThatWasPeekedIsStillThere) {
  CsvReader reader("\n\n a;b\nc\n");
  ASSERT_TRUE(reader.peek());
  EXPECT_EQ(reader.peek()->text, " a;b");
  EXPECT_EQ(reader.peek()->number, 3);
  reader.set_form({.separator = ';', .spaces = CsvSpaces::free});
  ASSERT_EQ(reader.next(), CsvReader::Next::row);
  EXPECT_EQ(reader.row().fields.size(), 2u);
  ASSERT_EQ(reader.next(), CsvReader::Next::row);
  EXPECT_FALSE(reader.peek());
  EXPECT_EQ(reader.next(), CsvReader::Next::end);
}

TEST(Csv, Utf16IsNamed) {
  for (const std::string start : {"\xFF\xFE", "\xFE\xFF"}) {
    EXPECT_EQ(shown(parse_csv(start + "a\n")), "1:1 ! UTF-16 text; save the file as UTF-8\n");
  }
}

TEST(Csv, AFileOfEmptyLinesReservesNoRowForEach) {
  const size_t size = size_t{1} << 24;
  const CsvDocument document = parse_csv(std::string(size, '\n') + "a");
  ASSERT_EQ(document.rows.size(), 1u);
  EXPECT_EQ(document.rows[0].line, static_cast<int>(size) + 1);
  EXPECT_LE(document.rows.capacity(), size / 8);
}

TEST(Csv, FieldsAreQuotedOnlyWhenTheyMust) {
  EXPECT_EQ(csv_field(""), "");
  EXPECT_EQ(csv_field("conv2d 1;'"), "conv2d 1;'");
  EXPECT_EQ(csv_field("(2, 1)"), "\"(2, 1)\"");
  EXPECT_EQ(csv_field("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(csv_field("a\rb"), "\"a\rb\"");
  EXPECT_EQ(csv_field("a\nb"), "\"a\nb\"");
}

}  // namespace
}  // namespace tf_injector::detail
