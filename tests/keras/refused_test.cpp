// Layers and files that are refused with a word about what to do. tests/keras/refused is made by
// tools/make_refused_layers.py: layers as Keras writes them, code as Python writes it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "io/base64.hpp"
#include "io/file.hpp"
#include "io/zip_archive.hpp"
#include "keras/import.hpp"
#include "keras/importer.hpp"
#include "keras/lambda_code.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;

const std::string kFiles = std::string(TFI_TEST_DIR) + "/keras/files/";
const std::string kRefused = std::string(TFI_TEST_DIR) + "/keras/refused/";

// The message of importing a sequential model of that generation with this layer behind its input.
std::string message_with_layer(const std::string& generation, const Json& layer,
                               const std::string& input_type = "float32") {
  const ZipArchive zip(kFiles + generation + "_sequential.keras");
  Json config = parse_json(zip.read("config.json"));
  Json& own = config["config"]["layers"];
  own[0]["config"]["dtype"] = input_type;
  own.insert(1, layer);
  const Archive archive{std::move(config), generation == "k3" ? "3.15.1" : "2.14.0", WeightLayout::keyed,
                        Hdf5File(zip.read("model.weights.h5"), "weights")};
  try {
    (void)import_archive(archive);
  } catch (const ModelError& error) {
    return error.what();
  }
  return "";
}

// The same of the layer of that name in refused/*_layers.json.
std::string message_with(const std::string& writer, const std::string& name) {
  const std::string text = read_text(kRefused + writer + "_layers.json");
  const Json layers = parse_json({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  return message_with_layer(writer.substr(0, 2), layers.at(name));
}

Json layer_entry(const std::string& class_name, Json config) {
  config["name"] = "tried";
  return {{"module", "keras.layers"}, {"class_name", class_name}, {"config", std::move(config)}};
}

std::string import_message(const std::string& path) {
  try {
    (void)import_model(path);
  } catch (const ModelError& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  return "";
}

// Keras normalises over the whole tensor then, all images together.
TEST(RefusedLayer, ASoftmaxOverAllAxes) {
  for (const char* generation : {"k2", "k3"}) {
    EXPECT_THAT(message_with_layer(generation, layer_entry("Softmax", {{"axis", nullptr}})),
                HasSubstr("option 'axis': expected an axis of the input: None is all of them"));
    EXPECT_THAT(message_with_layer(generation, layer_entry("Softmax", {{"axis", -1}})),
                testing::Not(HasSubstr("tried")));
  }
  for (const char* op : {"Softmax", "LogSoftmax"}) {
    Json layer = layer_entry(op, {{"axis", nullptr}});
    layer["module"] = "keras.src.ops.nn";
    EXPECT_THAT(message_with_layer("k3", layer), HasSubstr("axis: expected an axis of the input"));
    layer["config"].erase("axis");
    EXPECT_THAT(message_with_layer("k3", layer), testing::Not(HasSubstr("tried")));
  }
}

// Keras 3 casts the result back to the type of the input: uint8 gives whole numbers.
TEST(RefusedLayer, ALayerNormalizationOfIntegers) {
  const Json layer = layer_entry("LayerNormalization", {{"scale", false}, {"center", false}});
  EXPECT_THAT(message_with_layer("k3", layer, "uint8"), HasSubstr("casts its result back to uint8"));
  EXPECT_THAT(message_with_layer("k3", layer, "float16"), HasSubstr("casts its result back to float16"));
  EXPECT_THAT(message_with_layer("k3", layer), testing::Not(HasSubstr("tried")));
  EXPECT_THAT(message_with_layer("k2", layer, "uint8"), testing::Not(HasSubstr("tried")));
}

TEST(RefusedLayer, ALambdaThatScalesIsNamedWithTheRescalingForIt) {
  for (const char* generation : {"k2", "k3"}) {
    EXPECT_THAT(
        message_with(generation, "lambda"),
        AllOf(HasSubstr("class 'Lambda' of keras.layers is not supported; its Python code is not run"),
              HasSubstr("it computes x / 127.5 - 1: put Rescaling(1 / 127.5, offset=-1) in its place"),
              EndsWith(" (docs/layers.md)")));
    EXPECT_THAT(message_with(generation, "other_lambda"),
                AllOf(HasSubstr("its Python code is not run; put Keras layers in its place (Rescaling")));
  }
  EXPECT_THAT(message_with("k20", "lambda"),
              HasSubstr("it computes x / 127.5 - 1: put Rescaling(1 / 127.5, offset=-1)"));
  EXPECT_THAT(message_with("k2", "function"), HasSubstr("it computes x / 2: put Rescaling(0.5) in"));
  EXPECT_THAT(message_with("k3", "function"), HasSubstr("its Python code, the function 'half', is not run"));
}

TEST(RefusedLayer, WrappersOfTheOptimizationToolkitSayHowToUnwrap) {
  EXPECT_THAT(message_with("k2", "pruned"), HasSubstr("tfmot.sparsity.keras.strip_pruning(model)"));
  EXPECT_THAT(message_with("k2", "clustered"), HasSubstr("tfmot.clustering.keras.strip_clustering(model)"));
  for (const char* name : {"quantized_QuantizeLayer", "quantized_QuantizeWrapperV2"})
    EXPECT_THAT(message_with("k2", name), HasSubstr("quantization-aware training); save the float32 model"));
  EXPECT_THAT(message_with("k2", "annotated"), HasSubstr("as it was before it was annotated"));
}

TEST(RefusedLayer, QuantizedLayersOfKeras3NameTheirPolicy) {
  EXPECT_THAT(message_with("k3", "int8"),
              HasSubstr("(Dense): dtype policy 'int8_from_float32'; only float32 is supported; the model was "
                        "quantized with model.quantize(); save it as it was before (docs/layers.md)"));
  EXPECT_THAT(message_with("k3", "int4"), HasSubstr("_from_float32'; only float32 is supported; the model"));
  EXPECT_THAT(message_with("k3", "float8"),
              HasSubstr("'float8_from_float32'; only float32 is supported; the"));
}

TEST(LambdaCode, IsReadAsEveryPythonWritesIt) {
  int versions = 0, lines = 0;
  for (const auto& entry : fs::directory_iterator(kRefused)) {
    if (entry.path().extension() != ".tsv") continue;
    ++versions;
    std::istringstream text(read_text(entry.path().string()));
    for (std::string line; std::getline(text, line); ++lines) {
      SCOPED_TRACE(entry.path().filename().string() + ": " + line);
      std::istringstream fields(line);
      std::string code, source, scale, offset;
      std::getline(fields, code, '\t');
      std::getline(fields, source, '\t');
      fields >> scale >> offset;
      const auto bytes = base64_bytes(code);
      ASSERT_TRUE(bytes.has_value());
      const auto found = affine_code(*bytes);
      ASSERT_EQ(found.has_value(), scale != "-");
      if (!found) continue;
      EXPECT_NEAR(found->scale, std::stod(scale), 1e-12);
      EXPECT_NEAR(found->offset, std::stod(offset), 1e-12);
      for (size_t cut = 0; cut < bytes->size() && cut < 100; ++cut)
        (void)affine_code(std::span(*bytes).first(cut));  // ends, whatever is missing
    }
  }
  EXPECT_EQ(versions, 8);
  EXPECT_GT(lines, 200);
}

TEST(LambdaCode, IsShownAsItWasWritten) {
  std::istringstream text(read_text(kRefused + "lambda_3.11.tsv"));
  std::string code, source, rest;
  std::vector<std::string> different;
  while (std::getline(text, code, '\t') && std::getline(text, source, '\t') && std::getline(text, rest)) {
    const auto found = affine_code(*base64_bytes(code));
    if (found && found->text != source) different.push_back(found->text + " for " + source);
  }
  // 255.0 is 255, 1.0 is 1.
  EXPECT_THAT(different, testing::ElementsAre("x / 255 for x / 255.0",
                                              "x * (1 / 127.5) - 1 for x * (1.0 / 127.5) - 1.0"));
}

class ForeignFile : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  // A file below the folder of the test; its path.
  std::string write(const std::string& name, const std::string& bytes) const {
    const fs::path path = fs::path(folder_) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path.string();
  }

  const std::string folder_ = testing::TempDir() + "tfi_foreign_" + std::to_string(getpid());
};

TEST_F(ForeignFile, FoldersSayWhatTheyAreAndWhatToDo) {
  write("saved/saved_model.pb", "x");
  EXPECT_EQ(
      import_message(folder_ + "/saved"),
      folder_ +
          "/saved: is a SavedModel folder; expected a .keras or .h5 file: save the Keras model that it was "
          "made from with model.save('saved.keras')");
  EXPECT_THAT(import_message(folder_ + "/saved/saved_model.pb"), HasSubstr("is part of a SavedModel folder"));
  write("saved/keras_metadata.pb", "x");
  EXPECT_THAT(import_message(folder_ + "/saved/"),
              HasSubstr("'saved.keras') (tf.keras.models.load_model of TensorFlow"));
  write("k3/config.json", "{}");
  write("k3/model.weights.h5", "x");
  EXPECT_THAT(import_message(folder_ + "/k3"),
              AllOf(HasSubstr("is a Keras model saved as a folder (zipped=False)"),
                    HasSubstr("model.save('k3.keras')"),
                    EndsWith("python3 -m zipfile -c k3.keras " + folder_ + "/k3/*")));
  write("several/b.h5", "x");
  write("several/a.keras", "x");
  EXPECT_EQ(import_message(folder_ + "/several"),
            folder_ + "/several: is a folder; expected a .keras or .h5 file (it holds a.keras, b.h5)");
  fs::create_directories(folder_ + "/empty");
  EXPECT_THAT(import_message(folder_ + "/empty"), EndsWith("is a folder; expected a .keras or .h5 file"));
}

TEST_F(ForeignFile, FilesOfOtherKindsAreNamed) {
  EXPECT_THAT(import_message(write("m.tflite", std::string("\x1c\0\0\0TFL3\0", 9))),
              HasSubstr("TensorFlow Lite"));
  EXPECT_THAT(import_message(write("m.h5", "<!DOCTYPE html><html>")), HasSubstr("page of a web site"));
  EXPECT_THAT(import_message(write("m.keras", "{\"class_name\": \"Functional\"}")), HasSubstr("a JSON text"));
  EXPECT_THAT(import_message(write("m.gz", "\x1f\x8b\x08")), HasSubstr("gzip"));
  EXPECT_THAT(import_message(write("m.pkl", "\x80\x04")), HasSubstr("pickle"));
  EXPECT_THAT(import_message(write("m.bin", "abc")),
              EndsWith("neither a zip archive nor an HDF5 file; expected a .keras or .h5 file"));
  EXPECT_THAT(import_message(write("m.empty", "")), HasSubstr("is empty"));
}

TEST_F(ForeignFile, GitLfsPointersAreNamed) {
  const std::string rest =
      "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
  for (const char* host : {"https://git-lfs.github.com/spec/v1", "https://hawser.github.com/spec/v1"}) {
    for (const char* name : {"m.keras", "m.h5"}) {
      EXPECT_THAT(
          import_message(write(name, std::string("version ") + host + "\n" + rest)),
          EndsWith(
              ": is a Git LFS pointer, not the file itself (12345 bytes); 'git lfs pull' in its repository "
              "fetches it"));
    }
  }
  EXPECT_THAT(import_message(write("m.keras", "/annex/objects/SHA256E-s9--0123.keras\n")),
              HasSubstr("a git-annex pointer, not the file itself; 'git annex get'"));
}

}  // namespace
}  // namespace tf_injector::detail::keras
