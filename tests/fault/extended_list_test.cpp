// Lists with more columns: faults of biases and normalisations, of several bits, stuck and set values, of
// several parts; and everything that is wrong with one, with its place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/bits.hpp"
#include "fault/fault_list.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

WeightId add_weight(Graph& graph, const std::string& name, const Shape& shape) {
  Weight weight{name, shape, std::vector<float>(static_cast<size_t>(shape.elements()))};
  for (size_t i = 0; i < weight.values.size(); ++i) weight.values[i] = static_cast<float>(i) + 0.5f;
  graph.weights.push_back(std::move(weight));
  return static_cast<WeightId>(graph.weights.size() - 1);
}

// conv (3, 3, 1, 8) with a bias, bn, scale: a layer whose gamma no op knows as one.
Graph network() {
  Graph graph;
  const WeightId kernel = add_weight(graph, "conv/kernel", {3, 3, 1, 8}),
                 bias = add_weight(graph, "conv/bias", {8});
  std::vector<WeightId> bn;
  for (const char* name : {"gamma", "beta", "moving_mean", "moving_variance"})
    bn.push_back(add_weight(graph, std::string("bn/") + name, {8}));
  const WeightId scale = add_weight(graph, "scale/gamma", {8});
  const NodeId input = graph.add_input("in", "in", {5, 5, 1});
  const NodeId conv = graph.add(
      "conv", ops::Conv2D{.kernel = kernel, .bias = bias, .kernel_size = {3, 3}, .filters = 8}, {input});
  graph.outputs = {graph.add("bn", ops::BatchNormalization{bn[0], bn[1], bn[2], bn[3]}, {conv})};
  graph.layers.push_back({"conv", "conv", "Conv2D", {kernel, bias}, {}, true});
  graph.layers.push_back({"bn", "bn", "BatchNormalization", bn, {}, false});
  graph.layers.push_back({"scale", "scale", "LayerScale", {scale}, {}, false});
  return graph;
}

ResolvedFaultList parse_extended(const std::string& text) {
  const Graph graph = network();
  return parse_fault_list(text, "list.csv", &graph);
}

std::string refusal_of(const std::string& text) {
  try {
    (void)parse_extended(text);
    return "";
  } catch (const FaultListError& error) {
    return error.what();
  }
}

constexpr const char* kAll = "Injection,Layer,TensorIndex,Bit,Tensor,Model,Value,Part\n";

TEST(ExtendedList, EveryTensorAndModel) {
  const ResolvedFaultList list = parse_extended(std::string(kAll) +
                                                "0,conv,\"(2, 1, 0, 3)\",30,,,,\n"
                                                "1,conv,\"(3,)\",30 29,bias,flip,,\n"
                                                "2,bn,\"(7,)\",8-11 31,moving_variance,stuck1,,0\n"
                                                "3,bn,\"(0,)\",31,gamma,stuck0,,0\n"
                                                "4,bn,\"(1,)\",,beta,set,-inf,0\n"
                                                "5,conv,\"(0, 0, 0, 0)\",,kernel,set,0x7fc00001,0\n"
                                                "5,bn,\"(2,)\",0,moving_mean,,,1\n");
  ASSERT_EQ(list.faults.size(), 6u);
  ASSERT_EQ(list.patches.size(), 6u);
  EXPECT_TRUE(is_plain(list.faults[0]));
  EXPECT_EQ(list.faults.extended().size(), 5u);
  const auto one = [&](size_t fault) { return list.patches[fault].front(); };
  EXPECT_EQ(one(0).weight, 0);
  EXPECT_EQ(one(0).new_bits, one(0).old_bits ^ 0x40000000u);
  EXPECT_EQ(one(1).weight, 1);
  EXPECT_EQ(one(1).element, 3);
  EXPECT_EQ(one(1).old_bits, float_bits(3.5f));
  EXPECT_EQ(one(1).new_bits, float_bits(3.5f) ^ 0x60000000u);
  EXPECT_EQ(bits_text(list.faults[1]), "30 29");
  EXPECT_EQ(one(2).weight, 5);
  EXPECT_EQ(one(2).new_bits, float_bits(7.5f) | 0x80000F00u);
  EXPECT_EQ(bits_text(list.faults[2]), "8 9 10 11 31");
  EXPECT_FALSE(one(3).changes());  // the sign is 0 already
  EXPECT_FALSE(changes_something(list.patches[3]));
  EXPECT_EQ(one(4).new_bits, 0xFF800000u);
  EXPECT_EQ(bits_text(list.faults[4]), "-inf");
  ASSERT_EQ(list.patches[5].size(), 2u);
  EXPECT_EQ(list.patches[5][1].weight, 4);
  EXPECT_EQ(layers_text(list.faults[5]), "conv + bn");
  EXPECT_EQ(indices_text(list.faults[5]), "(0, 0, 0, 0) + (2,)");
  EXPECT_EQ(bits_text(list.faults[5]), "0x7fc00001 + 0");
}

// The same faults without some of the columns.
TEST(ExtendedList, ColumnsComeInAnyOrderAndMayBeMissing) {
  const ResolvedFaultList a =
      parse_extended("Injection,Layer,TensorIndex,Bit,part,MODEL\n0,conv,\"(0, 0, 0, 0)\",5,0,stuck1\n");
  EXPECT_EQ(model_name(a.faults[0].parts[0].change), "stuck1");
  const ResolvedFaultList b =
      parse_extended("Injection;Layer;TensorIndex;Bit;Model; tensor ;;\n0;conv;(4,);5;;bias;;\n");
  EXPECT_EQ(b.faults[0].parts[0].tensor, Tensor::bias);
  EXPECT_TRUE(parse_extended("Injection,Layer,TensorIndex,Bit,,\n0,conv,\"(0, 0, 0, 0)\",5,,\n")
                  .faults.extended()
                  .empty());
}

// conv is called twice, the second time by a relu's output, which is bn's input; "passing" has no output.
Graph network_with_calls() {
  Graph graph = network();
  graph.layers.push_back({"passing", "passing", "Dropout", {}, {}, false});
  graph.calls = {{.layer = 0, .output = 1}, {.layer = 0, .output = 2}, {.layer = 1, .output = 2}};
  return graph;
}

ResolvedFaultList parse_outputs(const std::string& rows) {
  const Graph graph = network_with_calls();
  return parse_fault_list("Injection,Layer,TensorIndex,Bit,Tensor,Model,Value,Part,Image,Call\n" + rows,
                          "list.csv", &graph);
}

TEST(ExtendedList, OutputsAreMasks) {
  const ResolvedFaultList list = parse_outputs(
      "0,bn,\"(1, 2, 3)\",30 0,output,flip,,,,\n"
      "1,conv,\"(0, 0, 1)\",31,output,stuck0,,,7,\n"
      "2,conv,\"(2, 2, 7)\",4,output,stuck1,,,all,1\n"
      "3,bn,\"(0, 0, 0)\",,output,set,1.0,0,0,\n"
      "3,conv,\"(0, 0, 0, 0)\",3,kernel,flip,,1,,\n"
      "4,conv,\"(0, 0, 0, 0)\",3,,,,,2,\n");
  const PatchRows faults = list.patches.rows();
  const auto is = [](const Patch& patch, WeightId weight, int64_t element, uint32_t from, uint32_t to) {
    return patch.weight == weight && patch.element == element && patch.old_bits == from &&
           patch.new_bits == to;
  };
  constexpr uint32_t kOnes = ~uint32_t{0};
  constexpr int64_t kElements = 3 * 3 * 8, kAt = (1 * 3 + 2) * 8 + 3;
  const Graph graph = network_with_calls();
  const WeightId first = graph.mask_of(0);
  ASSERT_EQ(faults[0].size(), 2u);
  EXPECT_TRUE(is(faults[0][0], first + 2, kAt, 0, 0x40000001u));
  EXPECT_TRUE(is(faults[0][1], first + 2, kElements + kAt, kOnes, kOnes));
  EXPECT_EQ(faults.image(0), kAllImages);
  ASSERT_EQ(faults[1].size(), 4u) << "of both calls";
  EXPECT_TRUE(is(faults[1][0], first, 1, 0, 0));
  EXPECT_TRUE(is(faults[1][1], first, kElements + 1, kOnes, 0x7FFFFFFFu));
  EXPECT_TRUE(is(faults[1][3], first + 1, kElements + 1, kOnes, 0x7FFFFFFFu));
  EXPECT_EQ(faults.image(1), 7);
  ASSERT_EQ(faults[2].size(), 2u);
  EXPECT_TRUE(is(faults[2][0], first + 1, kElements - 1, 0, 16));
  EXPECT_TRUE(is(faults[2][1], first + 1, 2 * kElements - 1, kOnes, ~uint32_t{16}));
  EXPECT_EQ(faults.image(2), kAllImages);
  ASSERT_EQ(faults[3].size(), 3u);
  EXPECT_TRUE(is(faults[3][0], first + 2, 0, 0, float_bits(1.0f)));
  EXPECT_TRUE(is(faults[3][1], first + 2, kElements, kOnes, 0));
  EXPECT_EQ(faults[3][2].weight, 0);
  EXPECT_EQ(faults.image(3), 0);
  EXPECT_EQ(faults.image(4), 2);
  EXPECT_FALSE(is_plain(list.faults[4]));
  EXPECT_EQ(list.faults[2].parts[0].call, 1);
  EXPECT_EQ(faults.subspan(3).image(0), 0) << "images go with their faults";
}

TEST(ExtendedList, WhatIsWrongWithOutputsIsSaidWithItsPlace) {
  const auto refused = [](const std::string& rows) -> std::string {
    try {
      static_cast<void>(parse_outputs(rows));
      return "";
    } catch (const FaultListError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(refused("0,bn,\"(2, 2, 7)\",5,output,,,,all,0\n"), "");
  EXPECT_THAT(refused("0,bn,\"(2, 3, 7)\",5,output,,,,,\n"),
              HasSubstr("2:6: TensorIndex out of range on axis 1; expected 0 to 2 for the output (3, 3, 8)"));
  EXPECT_THAT(
      refused("0,bn,\"(2,)\",5,output,,,,,\n"),
      HasSubstr("TensorIndex of wrong length; expected 3 numbers, (h, w, c) of the output (3, 3, 8)"));
  EXPECT_THAT(refused("0,passing,\"(2, 2, 7)\",5,output,,,,,\n"),
              HasSubstr("the layer has no output of its own that faults can hit"));
  EXPECT_THAT(refused("0,pasing,\"(2, 2, 7)\",5,output,,,,,\n"),
              HasSubstr("unknown layer; expected a layer"));
  EXPECT_THAT(refused("0,conv,\"(2, 2, 7)\",5,output,,,,,2\n"),
              HasSubstr("the layer is not called so often; expected 0 to 1; found \"2\""));
  for (const char* call : {"-1", "x", "99999999999999999999"})
    EXPECT_THAT(refused(std::string("0,conv,\"(2, 2, 7)\",5,output,,,,,") + call + "\n"),
                HasSubstr("Call is no whole number"))
        << call;
  EXPECT_THAT(refused("0,conv,\"(0, 0, 0, 0)\",5,,,,,,0\n"),
              HasSubstr("a Call, which only the Tensor output has"));
  for (const char* image : {"-1", "x", "1.5", "ALL", "99999999999999999999"})
    EXPECT_THAT(refused(std::string("0,bn,\"(2, 2, 7)\",5,output,,,,") + image + ",\n"),
                HasSubstr("Image is no number of an image; expected all, or a whole number from 0"))
        << image;
  EXPECT_THAT(refused("0,bn,\"(2, 2, 7)\",5,output,,,0,3,\n0,bn,\"(2, 2, 6)\",5,output,,,1,4,\n"),
              HasSubstr("3:31: parts of a fault on different images; expected 3, as of its first part"));
  EXPECT_EQ(refused("0,bn,\"(2, 2, 7)\",5,output,,,0,3,\n0,bn,\"(2, 2, 6)\",5,output,,,1,3,\n"), "");
  EXPECT_THAT(refused("0,conv,\"(2, 2, 7)\",5,output,,,0,,\n0,conv,\"(2, 2, 7)\",6,output,,,1,,1\n"),
              HasSubstr("two parts of a fault change the same element"));
  EXPECT_EQ(refused("0,conv,\"(2, 2, 7)\",5,output,,,0,,0\n0,conv,\"(2, 2, 7)\",6,output,,,1,,1\n"), "");
}

TEST(ExtendedList, WhatIsWrongIsSaidWithItsPlace) {
  const auto rows = [](const std::string& text) { return refusal_of(kAll + text); };
  const std::string fine = "0,conv,\"(0, 0, 0, 0)\",5,kernel,flip,,0\n";
  EXPECT_EQ(rows(fine), "");
  EXPECT_THAT(refusal_of("Injection,Layer,TensorIndex,Bit,Images\n0,conv,\"(0, 0, 0, 0)\",5,1\n"),
              HasSubstr("column 5 (\"Images\") is none of a fault list"));
  EXPECT_THAT(refusal_of("Injection,Layer,TensorIndex,Bit,Model,model\n"),
              HasSubstr("column 6 (\"model\") stands twice"));
  EXPECT_THAT(rows("0,conv,\"(0, 0, 0, 0)\",5\n"),
              StartsWith("list.csv:2:1: wrong number of columns; expected 8; found 4"));
  EXPECT_THAT(rows("0,conv,\"(0, 0, 0, 0)\",5 5,,,,\n"), StartsWith("list.csv:2:23: a Bit stands twice"));
  EXPECT_THAT(rows("0,conv,\"(0, 0, 0, 0)\",3-5 4,,,,\n"), HasSubstr("a Bit stands twice"));
  EXPECT_THAT(rows("0,conv,\"(0, 0, 0, 0)\",32,,,,\n"), HasSubstr("Bit out of range"));
  EXPECT_THAT(rows("0,conv,\"(0, 0, 0, 0)\",8-,,,,\n"), HasSubstr("Bit is no list of bits"));
  EXPECT_THAT(rows("0,conv,\"(0, 0, 0, 0)\",9-8,,,,\n"), HasSubstr("Bit is no list of bits"));
  EXPECT_THAT(rows("0,conv,\"(0, 0, 0, 0)\",,,,,\n"), HasSubstr("Bit is no list of bits"));
  EXPECT_THAT(rows("0,conv,\"(0, 0, 0, 0)\",5,Kernel,,,\n"), HasSubstr("unknown Tensor"));
  EXPECT_THAT(rows("0,conv,\"(0, 0, 0, 0)\",5,,stuck,,\n"), HasSubstr("unknown Model"));
  EXPECT_THAT(rows("0,conv,\"(0, 0, 0, 0)\",5,,set,1.0,\n"),
              HasSubstr("a Bit, which the Model set does not have"));
  EXPECT_THAT(rows("0,conv,\"(0, 0, 0, 0)\",,,set,,\n"), HasSubstr("the Model set without a Value"));
  EXPECT_THAT(rows("0,conv,\"(0, 0, 0, 0)\",5,,flip,1.0,\n"),
              HasSubstr("a Value, which only the Model set has"));
  for (const char* value :
       {"1e39", "NaN", "infinity", "0x7fc0000", "0x7fc000000", "1,5", "1_0", "one", "0x1p3"})
    EXPECT_THAT(rows(std::string("0,conv,\"(0, 0, 0, 0)\",,,set,\"") + value + "\",\n"),
                HasSubstr("Value is no float32"))
        << value;
  EXPECT_THAT(
      rows("0,bn,\"(0,)\",5,bias,,,\n"),
      HasSubstr("the layer has no such Tensor that faults can hit; expected gamma, beta, moving_mean, "
                "moving_variance"));
  EXPECT_THAT(rows("0,scale,\"(0,)\",5,gamma,,,\n"), HasSubstr("another layer: this one has none"));
  EXPECT_THAT(rows("0,bn,\"(0,)\",5,,,,\n"), HasSubstr("layer has no kernel that faults can hit"));
  EXPECT_THAT(rows("0,con,\"(0,)\",5,bias,,,\n"), HasSubstr("unknown layer"));
  EXPECT_THAT(rows("0,conv,\"(8,)\",5,bias,,,\n"),
              HasSubstr("out of range on axis 0; expected 0 to 7 for the tensor (8,)"));
  EXPECT_THAT(rows("0,conv,\"(0, 0)\",5,bias,,,\n"),
              HasSubstr("TensorIndex of wrong length; expected 1 number"));
  EXPECT_THAT(rows("0,conv,\"(0, 0, 0, 0)\",5,,,,1\n"),
              HasSubstr("list.csv:2:28: Part out of order; expected 0"));
  EXPECT_THAT(rows(fine + "0,conv,\"(0, 0, 0, 1)\",5,,,,2\n"),
              HasSubstr("list.csv:3:28: Part out of order; expected 1"));
  EXPECT_THAT(rows(fine + "1,conv,\"(0, 0, 0, 1)\",5,,,,1\n"), HasSubstr("expected 0, the first of fault 1"));
  EXPECT_THAT(rows(fine + "0,conv,\"(0, 0, 0, 1)\",5,,,,0\n"), HasSubstr("Injection stands twice"));
  EXPECT_THAT(rows(fine + "0,conv,\"(0, 0, 0, 0)\",6,,,,1\n"),
              HasSubstr("list.csv:3:8: two parts of a fault change the same element"));
  EXPECT_THAT(rows("0,conv,\"(0, 0, 0, 0)\",5,,,,-1\n"), HasSubstr("Part is no whole number"));
}

TEST(ExtendedList, WithoutAModelRowsAreReadAsTheyStand) {
  const FaultTable faults =
      parse_fault_list(
          std::string(kAll) + "3,any,\"(1,)\",1 0,bias,stuck0,,0\n3,any,\"(2,)\",,bias,set,1e-3,1\n", "x",
          nullptr)
          .faults;
  ASSERT_EQ(faults.size(), 1u);
  ASSERT_EQ(faults[0].parts.size(), 2u);
  EXPECT_EQ(faults[0].parts[0].change, Change(StuckAt{0, {1, 0}}));
  EXPECT_EQ(faults[0].parts[1].change, Change(SetValue{float_bits(1e-3f)}));
}

TEST(ExtendedList, ValuesAreWrittenAsPythonDoes) {
  for (const auto& [bits, text] :
       std::vector<std::pair<uint32_t, std::string>>{{0x3f000000u, "0.5"},
                                                     {0x80000000u, "-0.0"},
                                                     {0x40400000u, "3.0"},
                                                     {0x7f800000u, "inf"},
                                                     {0x7fc00000u, "nan"},
                                                     {0xffc00000u, "0xffc00000"},
                                                     {0x7f7fffffu, "3.4028235e+38"},
                                                     {0x00000001u, "1e-45"}}) {
    EXPECT_EQ(value_text(bits), text);
    EXPECT_EQ(value_bits(text), bits) << text;
  }
  std::mt19937 rng(5);
  for (int i = 0; i < 100'000; ++i) {
    const auto bits = static_cast<uint32_t>(rng());
    ASSERT_EQ(value_bits(value_text(bits)), bits) << bits;
  }
}

}  // namespace
}  // namespace tf_injector::detail
