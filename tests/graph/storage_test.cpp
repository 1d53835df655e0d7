// Storage formats: codes and numbers against ml_dtypes and NumPy (storage_facts.csv, tools/storage_facts.py;
// all of them: tests/oracle/test_storage.py), and which weights of a network are stored.
#include "graph/storage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/bits.hpp"
#include "io/csv.hpp"
#include "io/file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr StorageFormat kHalves[] = {StorageFormat::bfloat16, StorageFormat::float16};

TEST(StorageFacts, AreKept) {
  const CsvDocument facts = parse_csv(read_text(TFI_TEST_DIR "/graph/storage_facts.csv"));
  ASSERT_TRUE(facts.problems.empty());
  ASSERT_GT(facts.rows.size(), 1000u);
  for (size_t i = 1; i < facts.rows.size(); ++i) {
    const auto& row = facts.rows[i].fields;
    const StorageFormat format = storage_named(row[0].text).value();
    const auto number = [&](size_t column) {
      return static_cast<uint32_t>(std::stoul(row[column].text, nullptr, 16));
    };
    ASSERT_EQ(encoded(format, number(1)), number(2)) << row[0].text << ' ' << row[1].text;
    ASSERT_EQ(decoded(format, number(2)), number(3)) << row[0].text << ' ' << row[2].text;
  }
}

// Whatever is stored means a number that is stored as the same.
TEST(StorageFormat, NumbersAreStoredAsTheirCode) {
  for (const StorageFormat format : kHalves) {
    const uint32_t infinity = format == StorageFormat::bfloat16 ? 0x7f80 : 0x7c00;
    const uint32_t quiet = format == StorageFormat::bfloat16 ? 0x40 : 0x200;
    for (uint32_t code = 0; code < 0x10000; ++code) {
      const bool is_nan = (code & 0x7fff) > infinity;
      ASSERT_EQ(encoded(format, decoded(format, code)), is_nan ? code | quiet : code) << code;
      ASSERT_EQ(std::isnan(bits_float(decoded(format, code))), is_nan) << code;
    }
  }
}

TEST(StorageFormat, ANanKeepsSignAndPayload) {
  EXPECT_EQ(encoded(StorageFormat::bfloat16, 0x7f800001), 0x7fc0u);
  EXPECT_EQ(encoded(StorageFormat::bfloat16, 0xffa50000), 0xffe5u);
  EXPECT_EQ(encoded(StorageFormat::float16, 0x7fc00000), 0x7e00u);
  EXPECT_EQ(encoded(StorageFormat::float16, 0xff802000), 0xfe01u);
  EXPECT_EQ(decoded(StorageFormat::float16, 0x7c01), 0x7f802000u);
}

TEST(StorageFormat, Names) {
  for (const StorageFormat format : kStorageFormats) EXPECT_EQ(storage_named(storage_name(format)), format);
  EXPECT_EQ(storage_named("half"), std::nullopt);
  EXPECT_EQ(storage_bits(StorageFormat::float32), 32);
  EXPECT_EQ(storage_bits(StorageFormat::bfloat16), 16);
  EXPECT_EQ(storage_bits(StorageFormat::float16), 16);
  EXPECT_EQ(storage_bits(StorageFormat::int8), 8);
}

TEST(Int8, ScalesAreThoseOfChannels) {
  EXPECT_THAT(int8_scales(std::vector<float>{127, 0, -254, 1.0F, 0, 0}, 3), ElementsAre(1.0F, 1.0F, 2.0F));
  EXPECT_EQ(encoded(StorageFormat::int8, float_bits(-300.0F), 1), 0x81u);  // -127
  EXPECT_EQ(encoded(StorageFormat::int8, float_bits(2.5F), 1), 2u);        // half to even
  EXPECT_EQ(encoded(StorageFormat::int8, float_bits(-3.5F), 1), 0xfcu);
  EXPECT_EQ(decoded(StorageFormat::int8, 0x80, 0.5F), float_bits(-64.0F));
  // So small that a 127th of it is 0: as if it were.
  EXPECT_THAT(int8_scales(std::vector<float>{std::numeric_limits<float>::denorm_min()}, 1),
              ElementsAre(1.0F));
}

// conv (1, 1, 2, 3) with a bias, a depthwise one (1, 2, 3, 2), both normalised, and a constant.
Graph small_graph() {
  Graph graph;
  const auto add = [&](const std::string& name, const Shape& shape) {
    Weight weight{name, shape, std::vector<float>(static_cast<size_t>(shape.elements()))};
    for (size_t i = 0; i < weight.values.size(); ++i)
      weight.values[i] = 1.0F / static_cast<float>(3 + 2 * i + 5 * graph.weights.size());
    graph.weights.push_back(std::move(weight));
    return static_cast<WeightId>(graph.weights.size() - 1);
  };
  const WeightId kernel = add("conv/kernel", {1, 1, 2, 3}), bias = add("conv/bias", {3}),
                 depthwise = add("deep/depthwise_kernel", {1, 2, 3, 2}), unread = add("odd/kernel", {2}),
                 gamma = add("norm/gamma", {6}), beta = add("norm/beta", {6}),
                 mean = add("norm/moving_mean", {6}), variance = add("norm/moving_variance", {6}),
                 constant = add("scale/constant", {6});
  static_cast<void>(unread);
  NodeId node = graph.add_input("in", "in", {4, 4, 2});
  node = graph.add("conv", ops::Conv2D{.kernel = kernel, .bias = bias, .kernel_size = {1, 1}, .filters = 3},
                   {node});
  node = graph.add("deep", ops::DepthwiseConv2D{.kernel = depthwise, .kernel_size = {1, 2}, .multiplier = 2},
                   {node});
  node = graph.add("norm", ops::BatchNormalization{gamma, beta, mean, variance}, {node});
  node = graph.add("scale", ops::Binary{.constant = constant, .constant_shape = {6}}, {node});
  graph.outputs = {node};
  return graph;
}

TEST(StoreWeights, HalvesAreOfAllVariablesOfOps) {
  for (const StorageFormat format : kHalves) {
    const Graph before = small_graph();
    Graph graph = before;
    EXPECT_EQ(store_weights(graph, format), 0);
    EXPECT_EQ(graph.storage, format);
    for (size_t id = 0; id < graph.weights.size(); ++id) {
      const bool is_stored = id != 3 && id != 8;  // no op's, a constant
      EXPECT_EQ(graph.weights[id].storage, is_stored ? format : StorageFormat::float32)
          << graph.weights[id].name;
      for (size_t i = 0; i < graph.weights[id].values.size(); ++i) {
        const uint32_t was = float_bits(before.weights[id].values[i]);
        EXPECT_EQ(float_bits(graph.weights[id].values[i]),
                  is_stored ? decoded(format, encoded(format, was)) : was);
        EXPECT_EQ(stored_code(graph.weights[id], i), is_stored ? encoded(format, was) : was);
      }
    }
  }
}

TEST(StoreWeights, Int8IsOfKernelsByOutputChannel) {
  const Graph before = small_graph();
  Graph graph = before;
  static_cast<void>(store_weights(graph, StorageFormat::int8));
  for (size_t id = 0; id < graph.weights.size(); ++id) {
    const bool is_kernel = id == 0 || id == 2;
    const Weight& weight = graph.weights[id];
    EXPECT_EQ(weight.storage, is_kernel ? StorageFormat::int8 : StorageFormat::float32) << weight.name;
    EXPECT_EQ(weight.values == before.weights[id].values, !is_kernel) << weight.name;
  }
  EXPECT_EQ(graph.weights[0].scales.size(), 3u);
  EXPECT_EQ(graph.weights[2].scales.size(), 6u);  // (cin, multiplier)
  // Of each channel the largest is 127 times the scale.
  EXPECT_EQ(graph.weights[0].values[1], 127 * (before.weights[0].values[1] / 127));
  EXPECT_EQ(stored_code(graph.weights[0], 1), 127u);
  EXPECT_GE(graph.bytes(), before.bytes() + 9 * sizeof(float));
}

TEST(StoreWeights, WhatIsTooLargeIsInfinite) {
  Graph graph = small_graph();
  graph.weights[0].values[0] = 65519;
  graph.weights[0].values[1] = 65520;
  graph.weights[1].values[0] = -1e30F;
  graph.weights[1].values[1] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(store_weights(graph, StorageFormat::float16), 2);
  EXPECT_EQ(graph.weights[0].values[0], 65504);
  EXPECT_EQ(graph.weights[0].values[1], std::numeric_limits<float>::infinity());
}

TEST(StoreWeights, Int8RefusesKernelsWithoutAScale) {
  for (const float odd : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    Graph graph = small_graph();
    graph.weights[1].values[0] = odd;  // a bias may be so
    EXPECT_NO_THROW(static_cast<void>(store_weights(graph, StorageFormat::int8)));
    graph = small_graph();
    graph.weights[2].values[4] = odd;
    try {
      static_cast<void>(store_weights(graph, StorageFormat::int8));
      ADD_FAILURE() << "stored " << odd;
    } catch (const ModelError& error) {
      EXPECT_THAT(error.what(), HasSubstr("layer 'deep': its kernel holds "));
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail
