// Imported models against what Keras itself says about the same files (tools/make_keras_files.py).
#include "keras/import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "graph/own_scaling.hpp"
#include "io/file.hpp"
#include "io/sha256.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using nlohmann::json;

const std::string kFiles = std::string(TFI_TEST_DIR) + "/keras/files/";

json facts_of(const std::string& file) { return json::parse(read_text(kFiles + file + ".json")); }

class KerasFacts : public testing::TestWithParam<const char*> {};

TEST_P(KerasFacts, LayersComeInKerasOrderWithKerasWeights) {
  const Graph graph = keras::import_model(kFiles + GetParam());
  const json facts = facts_of(GetParam());
  ASSERT_EQ(graph.layers.size(), facts["layers"].size());
  for (size_t i = 0; i < graph.layers.size(); ++i) {
    const Layer& layer = graph.layers[i];
    const json& row = facts["layers"][i];
    EXPECT_EQ(json(layer.name), row["name"]);
    EXPECT_EQ(json(layer.class_name), row["class"]) << layer.name;
    EXPECT_EQ(layer.injectable, row["injectable"].get<bool>()) << layer.name;
    ASSERT_EQ(layer.weights.size(), row["shapes"].size()) << layer.name;
    std::vector<uint8_t> bytes;
    for (size_t w = 0; w < layer.weights.size(); ++w) {
      const Weight& weight = graph.weights[static_cast<size_t>(layer.weights[w])];
      EXPECT_EQ(json(weight.shape.dims()), row["shapes"][w]) << weight.name;
      const auto* begin = reinterpret_cast<const uint8_t*>(weight.values.data());
      bytes.insert(bytes.end(), begin, begin + weight.values.size() * sizeof(float));
    }
    EXPECT_EQ(json(sha256_of(bytes.data(), bytes.size())), row["sha256"]) << layer.path;
  }
}

TEST_P(KerasFacts, InputsAndOutputsHaveKerasNames) {
  const Graph graph = keras::import_model(kFiles + GetParam());
  const json facts = facts_of(GetParam());
  EXPECT_EQ(json(graph.keras_version), facts["keras_version"]);
  EXPECT_EQ(json(graph.output_names), facts["outputs"]);
  std::vector<std::string> inputs;
  for (NodeId id : graph.inputs) {
    inputs.push_back(std::get<ops::Input>(graph.nodes[static_cast<size_t>(id)].op).name);
  }
  EXPECT_EQ(json(inputs), facts["inputs"]);
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    const Shape& shape = graph.nodes[static_cast<size_t>(graph.outputs[i])].shape;
    EXPECT_EQ(static_cast<size_t>(shape.elements() * 3), facts["scores"][i].size());
  }
}

INSTANTIATE_TEST_SUITE_P(Files, KerasFacts,
                         testing::Values("k2_sequential.keras", "k2_sequential.h5", "k2_deferred.keras",
                                         "k2_nested.keras", "k2_nested.h5", "k2_multi.keras", "k2_ops.keras",
                                         "k2_clips.keras", "k3_clips.keras", "k3_sequential.keras",
                                         "k3_sequential.h5", "k3_deferred.keras", "k3_nested.keras",
                                         "k3_nested.h5", "k3_multi.keras", "k3_ops.keras", "k2_typed.keras",
                                         "k3_typed.keras", "k2_calls.keras", "k3_calls.keras",
                                         "tf_keras_legacy.keras", "tf_keras_legacy.h5", "k2_renorm.keras",
                                         "k2_renorm.h5"));

TEST(ImportModel, PathsNameTheModelsAround) {
  const Graph graph = keras::import_model(kFiles + "k2_nested.keras");
  std::set<std::string> paths;
  for (const Layer& layer : graph.layers) paths.insert(layer.path);
  EXPECT_THAT(paths, testing::IsSupersetOf(
                         {"conv_a", "outer/conv_c", "outer/block/conv_b", "tail/conv_d", "frozen/conv_e"}));
  EXPECT_THAT(graph.weights, testing::Contains(testing::Field(&Weight::name, "outer/block/conv_b/kernel")));
}

TEST(ImportModel, SharedLayersHaveOneWeightAndANodePerCall) {
  const Graph graph = keras::import_model(kFiles + "k2_nested.keras");
  std::multiset<std::string> convolutions;
  std::map<std::string, std::set<WeightId>> kernels;
  for (const Node& node : graph.nodes) {
    if (const auto* conv = std::get_if<ops::Conv2D>(&node.op)) {
      convolutions.insert(node.path);
      kernels[node.path].insert(conv->kernel);
    }
  }
  EXPECT_EQ(convolutions.count("conv_z"), 3u);
  EXPECT_EQ(convolutions.count("outer/conv_c"), 2u);
  EXPECT_EQ(convolutions.count("outer/block/conv_b"), 4u);
  for (const auto& [path, ids] : kernels) EXPECT_EQ(ids.size(), 1u) << path;
}

TEST(ImportModel, InputsHaveKerasTypes) {
  for (const char* file : {"k2_typed.keras", "k3_typed.keras"}) {
    const Graph graph = keras::import_model(kFiles + file);
    std::vector<NumberType> types;
    for (NodeId id : graph.inputs)
      types.push_back(std::get<ops::Input>(graph.nodes[static_cast<size_t>(id)].op).type);
    EXPECT_EQ(types, (std::vector<NumberType>{NumberType::uint8, NumberType::int32, NumberType::float16,
                                              NumberType::float64}));
  }
}

// Of each input the layer that scales it, behind others that only move it.
TEST(ImportModel, ScalesItsOwnImages) {
  const Graph graph = keras::import_model(kFiles + "k2_typed.keras");
  const auto bytes = own_scaling(graph, graph.inputs[0]);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(bytes->path, "tf.math.truediv");
  EXPECT_EQ(bytes->class_name, "TFOpLambda(math.truediv)");
  EXPECT_TRUE(own_scaling(graph, graph.inputs[1]));
  EXPECT_FALSE(own_scaling(graph, graph.inputs[2]));
  EXPECT_FALSE(own_scaling(keras::import_model(kFiles + "k2_nested.keras"), 0));
}

TEST(ImportModel, NodesStandInTopologicalOrder) {
  for (const char* file : {"k2_nested.keras", "k3_nested.keras", "k2_multi.keras"}) {
    const Graph graph = keras::import_model(kFiles + file);
    for (size_t i = 0; i < graph.nodes.size(); ++i) {
      for (NodeId input : graph.nodes[i].inputs) EXPECT_LT(input, static_cast<NodeId>(i)) << file;
    }
  }
}

TEST(ImportModel, ActivationOptionIsANodeOfItsOwn) {
  const Graph graph = keras::import_model(kFiles + "k2_sequential.keras");
  std::vector<std::string> ops;
  for (const Node& node : graph.nodes) ops.push_back(op_name(node.op));
  EXPECT_EQ(ops, (std::vector<std::string>{"Input", "Conv2D", "Activation", "BatchNormalization", "Pad",
                                           "Conv2D", "Activation", "AveragePool2D", "Reshape", "Reshape",
                                           "Dense", "Activation", "Dense"}));
  EXPECT_EQ(graph.nodes[2].path, graph.nodes[1].path);
}

// The names of all layers of the published networks, in the order in which Keras 2.14 lists them.
struct Published {
  const char* file;
  size_t layers;
  const char* names_sha256;  // begin of the hash of the names, one blank between them
  size_t convolutions;
};
void PrintTo(const Published& facts, std::ostream* out) { *out << facts.file; }

class PublishedNetwork : public testing::TestWithParam<Published> {};

TEST_P(PublishedNetwork, LayersComeInKerasOrder) {
  const Published& facts = GetParam();
  const std::string path = std::string(TFI_TEST_DIR) + "/../../shared/data/models/" + facts.file;
  if (!file_exists(path)) GTEST_SKIP() << "no " << path << " (../shared/data is not there)";
  const Graph graph = keras::import_model(path);
  std::string names;
  std::vector<std::string> injectable;
  for (const Layer& layer : graph.layers) {
    names += (names.empty() ? "" : " ") + layer.name;
    if (layer.injectable) injectable.push_back(layer.name);
  }
  EXPECT_EQ(graph.layers.size(), facts.layers);
  EXPECT_EQ(sha256_of(names.data(), names.size()).substr(0, 16), facts.names_sha256);
  ASSERT_EQ(injectable.size(), facts.convolutions + 1);
  EXPECT_EQ(injectable.front(), "conv2d");
  EXPECT_EQ(injectable[facts.convolutions - 1], "conv2d_" + std::to_string(facts.convolutions - 1));
  EXPECT_EQ(injectable.back(), "dense");
}

INSTANTIATE_TEST_SUITE_P(Shared, PublishedNetwork,
                         testing::Values(Published{"CIFAR10/ResNet20.keras", 114, "235480db44fb42d8", 19},
                                         Published{"CIFAR10/ResNet20_nchw.keras", 119, "9adc77800d95ce18",
                                                   19},
                                         Published{"CIFAR10/ResNet32.keras", 180, "5d756718ed269c81", 31},
                                         Published{"CIFAR10/ResNet56.keras", 312, "c212dc924296b05b", 55},
                                         Published{"GTSRB/ResNet20.keras", 115, "47a08e798a21c288", 19}));

}  // namespace
}  // namespace tf_injector::detail
