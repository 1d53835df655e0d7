// Lists of faults of weights that are stored in another format: bits and values are those of what is stored.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "core/bits.hpp"
#include "fault/fault_list.hpp"
#include "graph/storage.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using testing::HasSubstr;

// conv (3, 3, 2, 4) with a bias, stored.
Graph stored_network(StorageFormat format) {
  Graph graph;
  Weight kernel{"conv/kernel", {3, 3, 2, 4}, std::vector<float>(72)}, bias{"conv/bias", {4}, {1.5F, 2, 3, 4}};
  for (size_t i = 0; i < kernel.values.size(); ++i) kernel.values[i] = (static_cast<float>(i) - 31) / 37;
  graph.weights = {kernel, bias};
  const NodeId input = graph.add_input("in", "in", {5, 5, 2});
  graph.outputs = {
      graph.add("conv", ops::Conv2D{.kernel = 0, .bias = 1, .kernel_size = {3, 3}, .filters = 4}, {input})};
  graph.layers.push_back({"conv", "conv", "Conv2D", {0, 1}, {}, true});
  static_cast<void>(store_weights(graph, format));
  return graph;
}

constexpr const char* kAll = "Injection,Layer,TensorIndex,Bit,Tensor,Model,Value\n";

ResolvedFaultList parse_stored(StorageFormat format, const std::string& text) {
  const Graph graph = stored_network(format);
  return parse_fault_list(text, "list.csv", &graph);
}

std::string refusal(StorageFormat format, const std::string& text) {
  try {
    static_cast<void>(parse_stored(format, text));
    return "";
  } catch (const FaultListError& error) {
    return error.what();
  }
}

// Of element 0 of the kernel or the bias.
std::string set_row(const std::string& value, const std::string& tensor = "kernel") {
  return std::string(kAll) + "0,conv,\"" + (tensor == "kernel" ? "(0, 0, 0, 0)" : "(0,)") + "\",," + tensor +
         ",set," + value + "\n";
}
Patch patch_of_value(StorageFormat format, const std::string& value) {
  return parse_stored(format, set_row(value)).patches[0].front();
}
std::string shown_value(StorageFormat format, const std::string& value) {
  return bits_text(parse_stored(format, set_row(value)).faults[0]);
}

TEST(StoredList, PlainFlipsAreOfWhatIsStored) {
  for (const StorageFormat format : kStorageFormats) {
    const Graph graph = stored_network(format);
    const Weight& kernel = graph.weights[0];
    for (int bit = 0; bit < storage_bits(format); ++bit) {
      const ResolvedFaultList list = parse_fault_list(
          "Injection,Layer,TensorIndex,Bit\n0,conv,\"(1, 2, 1, 3)\"," + std::to_string(bit) + "\n", "l",
          &graph);
      const Patch& patch = list.patches[0].front();
      const auto element = static_cast<size_t>(patch.element);
      EXPECT_EQ(patch.old_bits, float_bits(kernel.values[element]));
      EXPECT_EQ(patch.new_bits, decoded(kernel, element, stored_code(kernel, element) ^ 1u << bit)) << bit;
      EXPECT_TRUE(patch.changes() || format == StorageFormat::float16) << bit;
    }
  }
  const Patch sign =
      parse_stored(StorageFormat::int8, "Injection,Layer,TensorIndex,Bit\n0,conv,\"(2, 2, 1, 0)\",7\n")
          .patches[0]
          .front();
  const Weight kernel = stored_network(StorageFormat::int8).weights[0];
  EXPECT_EQ(sign.element, 68);
  EXPECT_EQ(bits_float(sign.new_bits), -kernel.scales[0]);  // 127 becomes -1
}

TEST(StoredList, BitsOutsideTheFormatAreRefused) {
  const auto plain = [](const char* bit) {
    return std::string("Injection,Layer,TensorIndex,Bit\n0,conv,\"(0, 0, 0, 0)\",") + bit + "\n";
  };
  const auto extended = [](const char* bits, const char* tensor = "kernel") {
    return std::string(kAll) + "0,conv,\"" + (std::string(tensor) == "kernel" ? "(0, 0, 0, 0)" : "(0,)") +
           "\"," + bits + "," + tensor + ",stuck1,\n";
  };
  EXPECT_EQ(refusal(StorageFormat::bfloat16, plain("16")),
            "list.csv:2:23: Bit out of range; expected 0 to 15 (sign) of the stored bfloat16; found \"16\"");
  EXPECT_EQ(refusal(StorageFormat::bfloat16, plain("15")), "");
  EXPECT_THAT(refusal(StorageFormat::int8, plain("8")),
              HasSubstr("expected 0 to 7 (sign) of the stored int8"));
  EXPECT_EQ(refusal(StorageFormat::int8, plain("7")), "");
  EXPECT_EQ(refusal(StorageFormat::float32, plain("32")),
            "list.csv:2:23: Bit out of range; expected 0 (lowest mantissa bit) to 31 (sign); found \"32\"");
  EXPECT_THAT(refusal(StorageFormat::float16, extended("3 16")),
              HasSubstr("list.csv:2:23: Bit out of range; expected bits "
                        "from 0 to 15 (sign) of the stored float16"));
  EXPECT_THAT(refusal(StorageFormat::int8, extended("4-8")), HasSubstr("Bit out of range"));
  EXPECT_EQ(refusal(StorageFormat::int8, extended("4-7")), "");
  EXPECT_EQ(refusal(StorageFormat::int8, extended("31", "bias")), "");  // which stays a float32
  EXPECT_THAT(refusal(StorageFormat::float16, extended("31", "bias")), HasSubstr("Bit out of range"));
}

TEST(StoredList, ValuesAreRoundedToTheFormat) {
  EXPECT_EQ(patch_of_value(StorageFormat::bfloat16, "0.1").new_bits, 0x3dcd0000u);
  EXPECT_EQ(shown_value(StorageFormat::bfloat16, "0.1"), "0.100097656");
  EXPECT_EQ(shown_value(StorageFormat::float16, "0.1"), "0.099975586");
  EXPECT_EQ(shown_value(StorageFormat::float16, "1e6"), "inf");
  EXPECT_EQ(shown_value(StorageFormat::bfloat16, "nan"), "nan");
  EXPECT_EQ(shown_value(StorageFormat::float16, "0x7e00"), "nan");
  EXPECT_EQ(shown_value(StorageFormat::float16, "0xfe00"), "0xfe00");
  EXPECT_EQ(shown_value(StorageFormat::bfloat16, "0x7f81"), "0x7f81");
  EXPECT_EQ(shown_value(StorageFormat::bfloat16, "0x3f80"), "1.0");
  const float scale = stored_network(StorageFormat::int8).weights[0].scales[0];
  EXPECT_EQ(bits_float(patch_of_value(StorageFormat::int8, "1e30").new_bits), 127 * scale);
  EXPECT_EQ(bits_float(patch_of_value(StorageFormat::int8, "-inf").new_bits), -127 * scale);
  EXPECT_EQ(bits_float(patch_of_value(StorageFormat::int8, "0x80").new_bits), -128 * scale);
  EXPECT_EQ(shown_value(StorageFormat::int8, "0x80"), "0x80");  // no number is stored so
  EXPECT_EQ(shown_value(StorageFormat::int8, "0x01"), value_text(float_bits(scale)));
}

TEST(StoredList, ValuesThatAFormatDoesNotHaveAreRefused) {
  EXPECT_THAT(refusal(StorageFormat::int8, set_row("nan")),
              HasSubstr("list.csv:2:35: Value is no int8; expected a number"));
  EXPECT_THAT(refusal(StorageFormat::int8, set_row("0x7fc0")),
              HasSubstr("two digits of its bits such as 0x7f"));
  EXPECT_THAT(refusal(StorageFormat::bfloat16, set_row("0x7fc00000")),
              HasSubstr("four digits of its bits such as 0x7fc0"));
  EXPECT_THAT(refusal(StorageFormat::float16, set_row("0x7f")), HasSubstr("Value is no float16"));
  for (const char* value : {"0x7fc0", "0x7f", "0x7", "0x", "0x7fc000000", "half"}) {
    EXPECT_THAT(
        refusal(StorageFormat::float32, set_row(value)),
        HasSubstr("Value is no float32; expected a float32 such as 0.5, -1e-3, nan, inf or 0x7fc00000"))
        << value;
  }
  EXPECT_EQ(refusal(StorageFormat::int8, set_row("nan", "bias")), "");  // a float32
  EXPECT_THAT(refusal(StorageFormat::int8, set_row("0x7f", "bias")), HasSubstr("Value is no float32"));
}

// What a report prints of a fault is read as the same fault.
TEST(StoredList, PrintedValuesAreReadBack) {
  for (const StorageFormat format : kStorageFormats) {
    const Graph graph = stored_network(format);
    std::mt19937 random(7);
    const int bits = storage_bits(format);
    for (int i = 0; i < 2000; ++i) {
      const uint32_t code = static_cast<uint32_t>(random()) >> (32 - bits);
      const SetValue given{.bits = code, .width = bits};
      const ResolvedFaultList first = parse_fault_list(set_row(set_text(given)), "l", &graph);
      const std::string shown = bits_text(first.faults[0]);
      EXPECT_EQ(set_text(set_named(shown).value()), shown);
      const ResolvedFaultList again = parse_fault_list(set_row(shown), "l", &graph);
      EXPECT_EQ(again.faults[0], first.faults[0]) << shown;
      EXPECT_EQ(again.patches[0].front().new_bits, decoded(graph.weights[0], 0, code)) << shown;
      EXPECT_EQ(first.patches[0].front().new_bits, decoded(graph.weights[0], 0, code)) << shown;
    }
  }
}

// Without a model any format's bits are read.
TEST(StoredList, WithoutAModel) {
  for (const char* value : {"0x7fc0", "0x7f", "0x7fc00001", "nan"}) {
    const ResolvedFaultList list = parse_fault_list(set_row(value), "l", nullptr);
    EXPECT_EQ(bits_text(list.faults[0]), value);
  }
}

TEST(StoredList, SeveralBitsAndStuckOnes) {
  std::mt19937 random(3);
  for (const StorageFormat format : {StorageFormat::bfloat16, StorageFormat::float16, StorageFormat::int8}) {
    const Graph graph = stored_network(format);
    const Weight& kernel = graph.weights[0];
    for (int i = 0; i < 200; ++i) {
      const int one = static_cast<int>(random() % 8), other = (one + 1 + static_cast<int>(random() % 6)) % 8;
      const uint32_t mask = 1u << one | 1u << other;
      const char* model = i % 3 == 0 ? "flip" : i % 3 == 1 ? "stuck0" : "stuck1";
      const ResolvedFaultList list =
          parse_fault_list(std::string(kAll) + "0,conv,\"(1, 1, 0, 2)\"," + std::to_string(one) + " " +
                               std::to_string(other) + ",," + model + ",\n",
                           "l", &graph);
      const uint32_t code = stored_code(kernel, 34);
      const uint32_t wanted = i % 3 == 0 ? code ^ mask : i % 3 == 1 ? code & ~mask : code | mask;
      EXPECT_EQ(list.patches[0].front().new_bits, decoded(kernel, 34, wanted));
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail
