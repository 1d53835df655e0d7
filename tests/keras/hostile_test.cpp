// Files that are damaged, foreign or made to hurt: each ends in one clear ModelError.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "io/file.hpp"
#include "io/zip_archive.hpp"
#include "keras/import.hpp"
#include "keras/importer.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

using testing::HasSubstr;

const std::string kFiles = std::string(TFI_TEST_DIR) + "/keras/files/";

// The message of importing `config` with the weights of a committed file; empty when it works.
std::string message_of(const std::string& file, Json config) {
  const ZipArchive zip(kFiles + file);
  const Archive archive{std::move(config), file.starts_with("k3") ? "3.15.1" : "2.14.0", WeightLayout::keyed,
                        Hdf5File(zip.read("model.weights.h5"), "weights")};
  try {
    (void)import_archive(archive);
    return "";
  } catch (const ModelError& error) {
    return error.what();
  } catch (const Error& error) {  // of the HDF5 file; import_model makes a ModelError of it
    EXPECT_EQ(error.kind(), ErrorKind::bad_input);
    return error.what();
  }
}

Json config_of(const std::string& file) { return parse_json(ZipArchive(kFiles + file).read("config.json")); }

// The configuration of k2_sequential.keras with one option of the named layer changed.
std::string changed(const std::string& layer, const std::string& option, const Json& value) {
  Json config = config_of("k2_sequential.keras");
  for (Json& entry : config["config"]["layers"]) {
    if (entry["config"]["name"] == layer) entry["config"][option] = value;
  }
  return message_of("k2_sequential.keras", config);
}

std::string import_message(const std::string& path) {
  try {
    (void)import_model(path);
    return "";
  } catch (const ModelError& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
}

std::string written(const std::string& name, std::span<const uint8_t> bytes) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return path;
}

TEST(HostileConfig, ControlCharactersReachNoMessage) {
  const std::string escapes = "\x1b[2J\n\x7f", shown = "\\x1b[2J\\x0a\\x7f";
  EXPECT_THAT(changed("conv2d", "dtype", escapes), HasSubstr(shown));
  EXPECT_THAT(changed("conv2d", "padding", escapes), testing::Not(HasSubstr("\n")));
  EXPECT_THAT(changed("conv2d", "padding", escapes), testing::Not(HasSubstr("\x7f")));
  Json config = config_of("k2_sequential.keras");
  for (Json& entry : config["config"]["layers"]) entry["class_name"] = "Foo" + escapes;
  const std::string message = message_of("k2_sequential.keras", config);
  EXPECT_THAT(message, HasSubstr("Foo\\u001b[2J\\n"));
  EXPECT_THAT(message, testing::Not(HasSubstr("\x1b")));
  EXPECT_THAT(message, testing::Not(HasSubstr("\x7f")));
}

TEST(Refused, DtypePolicies) {
  EXPECT_THAT(import_message(kFiles + "k2_mixed.keras"),
              HasSubstr("k2_mixed.keras: layer 'half' (Dense): dtype policy 'mixed_float16'; only float32"));
  EXPECT_THAT(import_message(kFiles + "k3_mixed.keras"),
              HasSubstr("layer 'half' (Dense): dtype policy 'mixed_float16'"));
  EXPECT_THAT(changed("conv2d", "dtype", "float64"),
              HasSubstr("layer 'conv2d' (Conv2D): dtype policy 'float64'"));
}

TEST(Refused, TypesOfInputs) {
  EXPECT_EQ(changed("input_1", "dtype", "string"),
            "layer 'input_1' (InputLayer): type 'string' of an input is not supported (docs/layers.md)");
  EXPECT_EQ(changed("input_1", "dtype", "uint8"),
            "layer 'conv2d' (Conv2D): computes with values of type uint8; only float32 is supported: a "
            "Rescaling layer or a cast makes it (docs/layers.md)");
  EXPECT_EQ(changed("input_1", "dtype", "float16"), "");  // every layer makes float32 of other floats
}

TEST(Refused, ClassesAndFunctions) {
  Json config = config_of("k2_sequential.keras");
  config["config"]["layers"][2]["class_name"] = "Foo";
  EXPECT_EQ(message_of("k2_sequential.keras", config),
            "layer 'batch_normalization': class 'Foo' of keras.layers is not supported (docs/layers.md)");
  config = config_of("k2_sequential.keras");
  config["config"]["layers"][2]["module"] = "their.code";
  EXPECT_THAT(message_of("k2_sequential.keras", config),
              HasSubstr("class 'BatchNormalization' of their.code"));
  config["class_name"] = "Lambda";
  EXPECT_EQ(message_of("k2_sequential.keras", config),
            "the model: class 'Lambda' is not supported: only Sequential and Functional models are read "
            "(docs/layers.md)");
  config = config_of("k2_ops.keras");
  for (Json& layer : config["config"]["layers"]) {
    if (layer["config"].contains("function") && layer["config"]["function"] == "nn.relu6")
      layer["config"]["function"] = "nn.crelu";
  }
  EXPECT_EQ(
      message_of("k2_ops.keras", config),
      "layer 'tf.nn.relu6': op 'TFOpLambda(nn.crelu)' of keras.src.layers.core.tf_op_layer is not supported "
      "(docs/layers.md)");
}

// The message of a model with a TensorFlowOpLayer. `more`: inputs behind the first.
std::string message_of_op(const std::string& op, const Json& constants, const Json& attributes,
                          const std::string& more = "") {
  Json json = Json::parse(
      R"({"class_name": "Functional", "config": {"name": "m", "input_layers": [["x", 0, 0]],
          "output_layers": [["s", 0, 0]], "layers": [
          {"class_name": "InputLayer", "name": "x", "config": {"batch_input_shape": [null, 4, 4]},
           "inbound_nodes": []},
          {"class_name": "TensorFlowOpLayer", "name": "s", "inbound_nodes": [[["x", 0, 0, {}])" +
      more + R"(]], "config": {}}]}})");
  json["config"]["layers"][1]["config"] = {{"constants", constants},
                                           {"node_def", {{"op", op}, {"attr", attributes}}}};
  return message_of("k2_sequential.keras", json);
}

// Bounds that are no numbers would be taken for newaxis or Ellipsis, and inputs too many for nothing.
TEST(Refused, OperationsOfOtherInputs) {
  const auto slice = [](const Json& begin, const std::string& more = "") {
    const auto number = [](const char* value) { return Json{{"i", value}}; };
    return message_of_op(
        "StridedSlice", {{"1", begin}, {"2", Json::array({1, 1})}, {"3", Json::array({1, 1})}},
        {{"shrink_axis_mask", number("2")}, {"begin_mask", number("1")}, {"end_mask", number("1")}}, more);
  };
  const std::string where = "layer 's' (TensorFlowOpLayer): ";
  const std::string no_numbers = where + "a StridedSlice whose bounds are not constant integers";
  EXPECT_EQ(slice(Json::array({0, 1})), "");
  EXPECT_EQ(slice(Json::array({0, nullptr})), no_numbers);
  EXPECT_EQ(slice(Json::array({0, Json{{"class_name", "__ellipsis__"}}})), no_numbers);
  EXPECT_EQ(slice(Json::array({0, 1.5})), no_numbers);
  EXPECT_EQ(slice(Json::array({0, 1}), R"(, ["x", 0, 0, {}])"),
            where + "a StridedSlice of more than four inputs");
  const Json paddings = Json::parse("[[0, 0], [1, 1], [0, 2]]");
  EXPECT_EQ(message_of_op("PadV2", {{"1", paddings}, {"2", 1.5}}, Json::object()), "");
  EXPECT_EQ(message_of_op("PadV2", {{"1", paddings}}, Json::object()), where + "a PadV2 of 2 inputs");
  EXPECT_EQ(message_of_op("Relu", Json::array({1}), Json::object()),
            where + "expected constants by the numbers of inputs, found [1]");
}

// 2^32 + 2 is no other way to write axis 2.
TEST(Refused, AxesThatThereAreNot) {
  const auto permuted = [](const Json& dims) {
    Json json = Json::parse(
        R"({"class_name": "Sequential", "config": {"name": "m", "layers": [
            {"class_name": "InputLayer", "config": {"batch_input_shape": [null, 4, 5], "name": "x"}},
            {"class_name": "Permute", "config": {"name": "p"}}]}})");
    json["config"]["layers"][1]["config"]["dims"] = dims;
    return message_of("k2_sequential.keras", json);
  };
  EXPECT_EQ(permuted(Json::array({2, 1})), "");
  for (const int64_t axis : {int64_t{0}, int64_t{3}, int64_t{4294967298}, INT64_MIN}) {
    EXPECT_EQ(
        permuted(Json::array({axis, 1})),
        "layer 'p' (Permute): option 'dims': expected axes of the input that are not the batch, found [" +
            std::to_string(axis) + ",1] (docs/layers.md)");
  }
}

TEST(Refused, AllLayersAtOnceALineEach) {
  Json config = config_of("k2_sequential.keras");
  for (Json& layer : config["config"]["layers"]) layer["config"]["dtype"] = "mixed_float16";
  config["config"]["layers"][1]["class_name"] = "Foo";
  config["config"]["layers"][2]["class_name"] = "Bar";
  EXPECT_THAT(message_of("k2_sequential.keras", config),
              testing::MatchesRegex("[^\n]*mixed_float16[^\n]*\n[^\n]*'Foo'[^\n]*\n[^\n]*'Bar'[^\n]*"));
}

TEST(Refused, Options) {
  EXPECT_EQ(
      changed("conv2d", "data_format", "channels_first"),
      "layer 'conv2d' (Conv2D): option 'data_format': expected \"channels_last\", found \"channels_first\" "
      "(docs/layers.md)");
  EXPECT_EQ(changed("conv2d", "novelty", 3),
            "layer 'conv2d' (Conv2D): option 'novelty' = 3 is not supported (docs/layers.md)");
  EXPECT_THAT(changed("conv2d", "activation", "glu"),
              HasSubstr("expected an activation of docs/layers.md, found \"glu\""));
  EXPECT_THAT(changed("conv2d", "padding", "causal"), HasSubstr("option 'padding'"));
  EXPECT_THAT(changed("conv2d", "strides", Json::array({1, 2, 3})),
              HasSubstr("expected two integers, found [1,2,3]"));
  EXPECT_THAT(changed("conv2d", "groups", 0), HasSubstr("option 'groups'"));
  EXPECT_THAT(changed("conv2d", "dilation_rate", int64_t{1} << 40), HasSubstr("option 'dilation_rate'"));
  EXPECT_THAT(changed("batch_normalization", "axis", Json::array({1})), HasSubstr("option 'axis'"));
  EXPECT_THAT(changed("re_lu", "max_value", -1.0), HasSubstr("option 'max_value'"));
  EXPECT_THAT(changed("re_lu", "negative_slope", "steep"), HasSubstr("option 'negative_slope'"));
  EXPECT_THAT(changed("reshape", "target_shape", Json::array({5, -1})), HasSubstr("cannot give"));
  EXPECT_THAT(changed("zero_padding2d", "padding",
                      Json::parse("[[2147483648, 2147483648], [2147483648, 2147483648]]")),
              HasSubstr("expected paddings from 0 to 2147483647"));
}

// 1 and 0 for true and false, capitals, and options that Keras takes and does nothing with.
TEST(Accepted, WhatKerasIgnores) {
  EXPECT_EQ(changed("conv2d", "use_bias", 1), "");
  EXPECT_EQ(changed("conv2d", "use_bias", 1.0), "");
  EXPECT_EQ(changed("batch_normalization", "scale", 0), "");
  EXPECT_THAT(changed("conv2d", "use_bias", 2),
              HasSubstr("option 'use_bias': expected true or false, found 2"));
  EXPECT_EQ(changed("conv2d", "padding", "SAME"), "");
  EXPECT_EQ(changed("conv2d", "data_format", "Channels_Last"), "");
  for (const char* option : {"input_shape", "batch_size", "autocast", "implementation"})
    EXPECT_EQ(changed("conv2d", option, 1), "") << option;
  EXPECT_EQ(changed("dense", "trainable", 0), "");
}

TEST(Refused, WeightsThatDoNotFit) {
  EXPECT_EQ(changed("conv2d", "filters", 4),
            "layer 'conv2d' (Conv2D): expects a kernel of shape (3, 3, 2, 4), the file holds (3, 3, 2, 3)");
  EXPECT_THAT(changed("conv2d", "use_bias", false),
              HasSubstr("expected 1 weights in '_layer_checkpoint_dependencies/conv2d/vars', found 2"));
}

TEST(Refused, WeightsThatAreNotThere) {
  EXPECT_THAT(message_of("k2_deferred.keras", config_of("k2_nested.keras")),
              HasSubstr("the file holds weights of"));
}

TEST(Refused, CallsInTraining) {
  Json config = config_of("k2_nested.keras");
  for (Json& layer : config["config"]["layers"]) {
    if (layer["name"] == "outer") layer["inbound_nodes"][0][0][3]["training"] = true;
  }
  EXPECT_THAT(message_of("k2_nested.keras", config), HasSubstr("called with training=true"));
  // Keras computes the same: what is normalised in there is frozen; a convolution has no training mode.
  config = config_of("k2_nested.keras");
  for (Json& layer : config["config"]["layers"]) {
    if (layer["name"] == "frozen" || layer["name"] == "conv_a")
      layer["inbound_nodes"][0][0][3]["training"] = true;
  }
  EXPECT_EQ(message_of("k2_nested.keras", config), "");
}

TEST(Refused, ReferencesToNothing) {
  Json config = config_of("k2_nested.keras");
  config["config"]["output_layers"] = Json::array({"scores", 0, 1});
  EXPECT_THAT(message_of("k2_nested.keras", config), HasSubstr("layer 'scores' (Dense): has no output 1"));
  config["config"]["output_layers"] = Json::array({"scores", 7, 0});
  EXPECT_THAT(message_of("k2_nested.keras", config),
              HasSubstr("of node 7 of layer 'scores', which is called 1 time(s)"));
  config["config"]["output_layers"] = Json::array({"nobody", 0, 0});
  EXPECT_THAT(message_of("k2_nested.keras", config),
              HasSubstr("layer 'nobody', which the model does not have"));
}

TEST(Refused, NodesThatAreNot) {
  for (const char* node :
       {"1", "-1", "1000000000", "-9223372036854775808", "18446744073709551615", "0.0", "true"}) {
    Json config = config_of("k2_nested.keras");
    for (Json& layer : config["config"]["layers"]) {
      if (layer["name"] == "conv_a") layer["inbound_nodes"][0][0][1] = Json::parse(node);
    }
    EXPECT_NE(message_of("k2_nested.keras", config), "") << node;
    config = config_of("k2_nested.keras");
    config["config"]["input_layers"][0][1] = Json::parse(node);
    EXPECT_NE(message_of("k2_nested.keras", config), "") << node;
  }
}

TEST(Refused, NamesThatCannotBeShown) {
  const std::string long_name(1001, 'x');
  for (const std::string_view name : {std::string_view("a\0b", 3), std::string_view("a\nb"),
                                      std::string_view("\x1b[2J"), std::string_view(long_name)}) {
    const std::string message = changed("conv2d", "name", std::string(name));
    EXPECT_THAT(message, HasSubstr("without control characters, found \""));
    EXPECT_EQ(message.find_first_of(std::string_view("\0\n\x1b", 3)), std::string::npos);
  }
  EXPECT_THAT(changed("conv2d", "name", 5),
              HasSubstr("'name' of a layer or model: expected a text, found 5"));
  Json config = config_of("k2_sequential.keras");
  config["config"]["layers"][1]["module"] = Json::array();
  EXPECT_THAT(message_of("k2_sequential.keras", config), HasSubstr("'module' of a layer or model"));
}

TEST(Refused, BatchesThatAreNot) {
  for (const char* shape :
       {R"(["x", 9, 8, 2])", "[0, 9, 8, 2]", "[-1, 9, 8, 2]", "[1.5, 9, 8, 2]", "[{}, 9, 8, 2]"})
    EXPECT_THAT(changed("input_1", "batch_input_shape", Json::parse(shape)),
                HasSubstr("the batch is neither"))
        << shape;
}

// What one number of a small file could make of it.
TEST(Refused, SmallFilesThatMakeLargeGraphs) {
  const auto message = [](const std::string& shape, const std::string& config, const std::string& kwargs) {
    const std::string text =
        R"({"class_name": "Functional", "config": {"name": "m", "layers": [{"class_name": "InputLayer", "name": "i",)"
        R"( "config": {"name": "i", "batch_input_shape": )" +
        shape +
        R"(}, "inbound_nodes": []}, {"class_name": )"
        R"("TFOpLambda", "name": "o", "config": {"name": "o", )" +
        config + R"(}, "inbound_nodes": [["i", 0, 0, )" + kwargs +
        R"(]]}], "input_layers": [["i", 0, 0]], "output_layers": [["o", 0, 0]]}})";
    return message_of("k2_sequential.keras", Json::parse(text));
  };
  EXPECT_THAT(message("[null, 2147483648]", R"("function": "unstack")", R"({"axis": 1})"),
              HasSubstr("2147483648 parts"));
  EXPECT_THAT(message("[null, 2147483648]", R"("function": "split")",
                      R"({"num_or_size_splits": 2147483648, "axis": 1})"),
              HasSubstr("2147483648 parts"));
  std::string many = "[-1";
  for (int i = 0; i < 40; ++i) many += ", 1";
  EXPECT_THAT(message("[null, 1]", R"("function": "reshape")", R"({"shape": )" + many + "]}"),
              HasSubstr("has 40 axes"));
  for (int i = 0; i < 5000; ++i) many += ", 1";
  EXPECT_THAT(message("[null, 1]", R"("function": "reshape")", R"({"shape": )" + many + "]}"),
              HasSubstr("more than 1024 integers"));
  EXPECT_THAT(message("[null, 1]", R"("function": "reshape")", R"({"shape": [-1, 9223372036854775807]})"),
              HasSubstr("expected integers"));
}

TEST(Refused, TooManyLayers) {
  Json config = config_of("k2_sequential.keras");
  const Json layer = config["config"]["layers"][1];
  for (int i = 0; i < 25'000; ++i) {
    Json copy = layer;
    copy["config"]["name"] = "copy_" + std::to_string(i);
    config["config"]["layers"].push_back(std::move(copy));
  }
  EXPECT_EQ(message_of("k2_sequential.keras", config), "the file has more than 25000 layers");
}

TEST(Refused, Cycles) {
  Json config = config_of("k2_nested.keras");
  for (Json& layer : config["config"]["layers"]) {
    if (layer["name"] == "conv_a") layer["inbound_nodes"] = Json::parse(R"([[["tail", 1, 0, {}]]])");
  }
  EXPECT_THAT(message_of("k2_nested.keras", config), HasSubstr("depends on its own output"));
}

// Each level calls the one below twice: 2^40 calls.
TEST(Refused, ModelsThatDoubleAtEveryLevel) {
  const char* const kInput =
      R"({"class_name": "InputLayer", "name": "i", "config": {"name": "i", "batch_input_shape": [null, 4]},)"
      R"( "inbound_nodes": []})";
  Json model = Json::parse(
      std::string(R"({"class_name": "Functional", "name": "m", "config": {"name": "m", "layers": [)") +
      kInput + R"(], "input_layers": [["i", 0, 0]], "output_layers": [["i", 0, 0]]}})");
  for (int level = 0; level < 40; ++level) {
    Json inner = model;
    inner["inbound_nodes"] = Json::parse(R"([[["i", 0, 0, {}]], [["m", 1, 0, {}]]])");
    model["config"]["layers"] = Json::array({Json::parse(kInput), inner});
    model["config"]["output_layers"] = Json::parse(R"([["m", 2, 0]])");
  }
  EXPECT_THAT(message_of("k2_sequential.keras", model), HasSubstr("calls of layers"));
}

TEST(Damaged, Files) {
  EXPECT_THAT(import_message(kFiles + "missing.keras"), HasSubstr("missing.keras: no such file"));
  const std::string text = "this is not a model";
  EXPECT_THAT(
      import_message(written("text.keras", {reinterpret_cast<const uint8_t*>(text.data()), text.size()})),
      HasSubstr("text.keras: neither a zip archive nor an HDF5 file"));
}

TEST(Damaged, FilesCutAnywhere) {
  for (const char* file : {"k2_sequential.keras", "k2_deferred.keras", "k2_sequential.h5", "k3_nested.h5"}) {
    const std::vector<uint8_t> bytes = read_bytes(kFiles + file);
    const std::string name = std::string("cut_") + file;
    for (size_t part = 0; part < 40; ++part) {
      const size_t length = bytes.size() * part / 40;
      EXPECT_THAT(import_message(written(name, std::span(bytes).first(length))), HasSubstr(name)) << length;
    }
  }
}

// Members of a zip file are guarded by their CRC-32; a .h5 file has none.
TEST(Damaged, BytesFlippedAnywhere) {
  std::mt19937 rng(9);
  for (const char* file :
       {"k2_nested.keras", "k2_deferred.keras", "k3_ops.keras", "k2_nested.h5", "k3_nested.h5"}) {
    const std::vector<uint8_t> bytes = read_bytes(kFiles + file);
    for (int round = 0; round < 150; ++round) {
      std::vector<uint8_t> damaged = bytes;
      for (int flip = 0; flip < 1 + round % 8; ++flip)
        damaged[rng() % damaged.size()] = static_cast<uint8_t>(rng());
      (void)import_message(written("flipped", damaged));  // works or throws ModelError, nothing else
    }
  }
}

// All values of a configuration, however deep.
void collect(Json& value, std::vector<Json*>& values) {
  values.push_back(&value);
  for (Json& item : value) collect(item, values);
}

TEST(Damaged, ConfigurationsChangedAnywhere) {
  std::mt19937 rng(11);
  const Json others[] = {nullptr,
                         true,
                         -1,
                         0,
                         3,
                         int64_t{1} << 62,
                         0.5,
                         "relu",
                         "conv2d",
                         Json::array(),
                         Json::object(),
                         Json::array({1, 2}),
                         Json::array({"conv_a", 0, 0}),
                         Json::array({Json::array({1, 1}), Json::array({1, 1})})};
  int refused = 0;
  for (const char* file :
       {"k2_sequential.keras", "k2_nested.keras", "k2_ops.keras", "k3_nested.keras", "k3_ops.keras"}) {
    const Json original = config_of(file);
    for (int round = 0; round < 300; ++round) {
      Json config = original;
      for (int change = 0; change < 1 + round % 3; ++change) {
        std::vector<Json*> values;
        collect(config, values);
        Json* value = values[rng() % values.size()];
        if (!value->empty() && rng() % 2 == 0) {
          value->erase(rng() % value->size());
        } else {
          *value = others[rng() % std::size(others)];
        }
      }
      refused += !message_of(file, config).empty();  // anything but Error would end the test
    }
  }
  EXPECT_GT(refused, 300);
}

}  // namespace
}  // namespace tf_injector::detail::keras
