// Index syntax, layer names, bit groups.
#include <gtest/gtest.h>

#include <limits>

#include "fault/index_syntax.hpp"
#include "fault/layer_names.hpp"
#include "fault/lists.hpp"
#include "tf_injector/bit_groups.hpp"

namespace tf_injector::detail {
namespace {

using Values = std::vector<int64_t>;

TEST(IndexSyntax, PythonTuples) {
  ParsedIndex index;
  for (const auto& [text, values] :
       std::vector<std::pair<const char*, Values>>{{"(2, 1, 0, 7)", {2, 1, 0, 7}},
                                                   {"(3,)", {3}},
                                                   {"(3, )", {3}},
                                                   {"()", {}},
                                                   {"( )", {}},
                                                   {"(1,2,)", {1, 2}},
                                                   {" (\t1 ,2 ) ", {1, 2}},
                                                   {"(-1, 007)", {-1, 7}},
                                                   {"[2, 1, 0, 7]", {2, 1, 0, 7}},
                                                   {"[3]", {3}},
                                                   {" [ 1,2, ] ", {1, 2}},
                                                   {"[]", {}},
                                                   {"(np.int64(1), np.int64(-2))", {1, -2}},
                                                   {"[numpy.uint8(3), 4]", {3, 4}},
                                                   {"(np.int32(1),np.intp(2),np.int_( 3 ),)", {1, 2, 3}}}) {
    parse_index(text, index);
    EXPECT_EQ(index.problem, "") << text;
    EXPECT_EQ(index.values, values) << text;
    EXPECT_EQ(index.written.size(), values.size());
  }
}

TEST(IndexSyntax, WhatIsNoTuple) {
  ParsedIndex index;
  for (const auto& [text, problem] : std::vector<std::pair<const char*, const char*>>{
           {"", "no opening parenthesis"},
           {"1, 2", "no opening parenthesis"},
           {"1, 2]", "no opening parenthesis"},
           {"[1, 2", "no closing bracket at the end"},
           {"[1, 2)", "no closing bracket at the end"},
           {"(1, 2]", "no closing parenthesis at the end"},
           {"[", "no closing bracket at the end"},
           {"array([1, 2])", "a NumPy array; tuple(index.tolist()) makes it one"},
           {"np.array([1, 2])", "a NumPy array; tuple(index.tolist()) makes it one"},
           {"[1 2]", "numbers without commas between them, as NumPy prints an array"},
           {"(np.float64(1.0), 2)", "a NumPy value that is no integer"},
           {"(np.True_, 2)", "a NumPy value that is no integer"},
           {"(np.int64(1.0), 2)", "a number with a fraction or exponent"},
           {"(np.int64(), 2)", "a number is missing"},
           {"(np.int64(1, 2)", "a NumPy value that is no integer"},
           {"(int64(1), 2)", "something that is no whole number"},
           {"(", "no closing parenthesis at the end"},
           {"(1, 2", "no closing parenthesis at the end"},
           {"(1, 2) 3", "no closing parenthesis at the end"},
           {"(3)", "one number in parentheses, which is no tuple without a comma"},
           {"(,)", "a number is missing"},
           {"(1,,2)", "a number is missing"},
           {"(,1)", "a number is missing"},
           {"(1.0, 2)", "a number with a fraction or exponent"},
           {"(1e2, 2)", "a number with a fraction or exponent"},
           {"(a, 2)", "something that is no whole number"},
           {"(1 2, 3)", "numbers without commas between them, as NumPy prints an array"},
           {"((1, 2))", "something that is no whole number"},
           {"(+1, 2)", "something that is no whole number"},
           {"(- 1, 2)", "something that is no whole number"},
           {"(1, -)", "something that is no whole number"},
           {"(1\n, 2)", "something that is no whole number"}}) {
    parse_index(text, index);
    EXPECT_EQ(index.problem, problem) << text;
  }
}

TEST(IndexSyntax, IntegersAsNumPyShowsThem) {
  for (const char* type : {"int8",   "int16",  "int32",  "int64",  "intc",  "intp", "int_",     "uint8",
                           "uint16", "uint32", "uint64", "uintc",  "uintp", "uint", "longlong", "ulonglong",
                           "long",   "ulong",  "short",  "ushort", "byte",  "ubyte"}) {
    EXPECT_EQ(parse_listed_number(std::string("np.") + type + "(7)")->value, 7) << type;
    EXPECT_EQ(parse_listed_number(std::string(" numpy.") + type + "( -7 ) ")->value, -7) << type;
    EXPECT_FALSE(parse_listed_number(type + std::string("(7)"))) << type;
    EXPECT_FALSE(parse_whole_number(std::string("np.") + type + "(7)")) << type;  // of a report
  }
  for (const char* text : {"np.float32(7)", "np.int64(7.0)", "np.bool_(1)", "np.int64(7", "np.int64 7)",
                           "np.int7(7)", "np.(7)", "np.int64((7))", "np.byte8(7)", "torch.int64(7)"}) {
    EXPECT_FALSE(parse_listed_number(text)) << text;
  }
  EXPECT_TRUE(parse_listed_number("np.uint64(18446744073709551615)")->saturated);
}

TEST(IndexSyntax, NumbersBeyondInt64AreSaturated) {
  EXPECT_EQ(parse_whole_number("9223372036854775807")->value, std::numeric_limits<int64_t>::max());
  EXPECT_FALSE(parse_whole_number("9223372036854775807")->saturated);
  EXPECT_TRUE(parse_whole_number("9223372036854775808")->saturated);
  EXPECT_EQ(parse_whole_number("-99999999999999999999")->value, std::numeric_limits<int64_t>::min());
  for (const char* text : {"", " ", "-", "+1", "1.", "1 2", "0x1", "1_0", "\xD9\xA1"}) {
    EXPECT_FALSE(parse_whole_number(text)) << text;
  }
  EXPECT_EQ(parse_whole_number("\t 12 ")->value, 12);
}

TEST(LayerNames, FullPathsMeanOneLayerEach) {
  // The path of one layer is the end of another's.
  Graph graph;
  test::add_layer(graph, "a/conv", "conv", "Conv2D", {1, 1, 1, 1});
  test::add_layer(graph, "b/a/conv", "conv", "Conv2D", {1, 1, 1, 1});
  const LayerNames names(graph);
  EXPECT_EQ(names.find("conv").match, LayerNames::Match::several);
  EXPECT_EQ(names.find("a/conv").match, LayerNames::Match::several);
  EXPECT_EQ(names.find("/a/conv").layer, 0);
  EXPECT_EQ(names.find("b/a/conv").layer, 1);
  EXPECT_EQ(names.find("b/conv").match, LayerNames::Match::none);
  EXPECT_EQ(names.find("").match, LayerNames::Match::none);
  EXPECT_EQ(names.choices("conv"), "'/a/conv', 'b/a/conv'");
}

TEST(BitGroups, EveryBitIsInItsGroup) {
  for (int bit = 0; bit < 32; ++bit) {
    const BitGroup& group = bit_groups()[bit_group_of(bit)];
    EXPECT_TRUE(group.first_bit <= bit && bit <= group.last_bit) << bit;
  }
  EXPECT_EQ(bit_group_label(bit_groups()[0]), "sign (31)");
  EXPECT_EQ(bit_group_label(bit_groups()[1]), "exponent (23-30)");
  EXPECT_EQ(bit_group_label(bit_groups()[2]), "mantissa (0-22)");
}

TEST(FormatIndex, IsPythons) {
  EXPECT_EQ(format_index({2, 1, 0, 7}), "(2, 1, 0, 7)");
  EXPECT_EQ(format_index({3}), "(3,)");
  EXPECT_EQ(format_index({}), "()");
}

}  // namespace
}  // namespace tf_injector::detail
