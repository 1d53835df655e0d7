// Where weights lie in the files of every Keras version, against the weights that Keras loads (or, where 2.14
// cannot load the file of another version, those of the same network saved by 2.14).
#include "keras/weights/weights.hpp"

#include <gtest/gtest.h>

#include "io/file.hpp"
#include "io/sha256.hpp"
#include "keras/import.hpp"

namespace tf_injector::detail::keras {
namespace {

const std::string kModels = std::string(TFI_TEST_DIR) + "/../../shared/data/models/";

std::vector<Variable> variables_of(const LayerSpec& layer) {
  const LayerType* type = layer.is_input() ? nullptr : find_layer_type(layer);
  if (type == nullptr || type->variables == nullptr) return {};
  Config config(*layer.config, layer.where());
  return type->variables(config);
}

// All weights in the order of _flatten_layers.
void hash_weights(const Archive& archive, const ModelSpec& model, const WeightPlaces& places, bool outermost,
                  Sha256& hash) {
  const bool backwards = model.generation == Generation::keras3 && !outermost;
  for (size_t i = 0; i < model.layers.size(); ++i) {
    const LayerSpec& layer = model.layers[backwards ? model.layers.size() - 1 - i : i];
    if (layer.model != nullptr) hash_weights(archive, *layer.model, places, false, hash);
    const auto found = places.find(&layer);
    if (found == places.end()) continue;
    for (const std::string& place : found->second) {
      const Hdf5File::Array array = archive.weights.read_floats(place);
      hash.update(array.values.data(), array.values.size() * sizeof(float));
    }
  }
}

struct Facts {
  const char* file;
  const char* sha256;  // of the float32 bytes of every layer's get_weights()
};
void PrintTo(const Facts& facts, std::ostream* out) { *out << facts.file; }

class SharedWeights : public testing::TestWithParam<Facts> {};

TEST_P(SharedWeights, AreKerasWeights) {
  const std::string path = kModels + GetParam().file;
  if (!file_exists(path)) GTEST_SKIP() << "no " << path << " (../shared/data is not there)";
  const Archive archive = open_archive(path);
  const ModelSpec model = read_model_spec(archive.config, archive.keras_version);
  Sha256 hash;
  std::vector<std::string> notes;
  hash_weights(archive, model, locate_weights(archive, model, variables_of, notes), true, hash);
  EXPECT_TRUE(notes.empty());
  EXPECT_EQ(hash.hex(), GetParam().sha256);
}

constexpr const char* kNested = "0e725e5148aa6c9b4a1deeb0c644a6cf6e0f5c82c0890d90a80fc3f22382667b";
constexpr const char* kResidual = "d88fc3a0d45e105bd6991fc49b6324b4f1628f7919485a0d61484c26d99f011a";
constexpr const char* kResidualH5 = "fc970af7396f5463a475c47963057a50781e2fea3d4d3b8d4f50fbee923efbc7";
constexpr const char* kResNet20 = "c1c6edb5fa3035a56da55f080528fd74d75f5f506b03bde3dc26f08e4b6948b8";

INSTANTIATE_TEST_SUITE_P(
    Files, SharedWeights,
    testing::Values(
        Facts{"keras_files/tf212_nested.keras", kNested}, Facts{"keras_files/tf213_nested.keras", kNested},
        Facts{"keras_files/tf214_nested.keras", kNested}, Facts{"keras_files/tf215_nested.keras", kNested},
        Facts{"keras_files/tf212_resfun.keras", kResidual},
        Facts{"keras_files/tf213_resfun.keras", kResidual},
        Facts{"keras_files/tf214_resfun.keras", kResidual},
        Facts{"keras_files/tf215_resfun.keras", kResidual}, Facts{"keras_files/tf212_resfun.h5", kResidualH5},
        Facts{"keras_files/tf213_resfun.h5", kResidualH5}, Facts{"keras_files/tf214_resfun.h5", kResidualH5},
        Facts{"keras_files/tf215_resfun.h5", kResidualH5},
        Facts{"keras_files/k3_nested.keras",
              "38d185054b0dad8690c6f81e6ef8070d0a387501e596c9b8b4e0151342ff73b2"},
        Facts{"keras_files/k3_resfun.keras",
              "4ff0e23ad209e875c65bbc1e33b901d2283d8493b0fee29de98e12528fd44c5e"},
        Facts{"keras_files/k3_resfun.h5", "9a69b6586a02e39072a23264d61f8444fcd0e39ac9971b6dc9eab0b543374ba5"},
        Facts{"CIFAR10/ResNet20.keras", kResNet20}, Facts{"CIFAR10/ResNet20_nchw.keras", kResNet20},
        Facts{"CIFAR10/ResNet32.keras", "c9264439955c7be7593a1a440d9875faceb3c0be0da45b543ae80b0962889000"},
        Facts{"CIFAR10/ResNet56.keras", "ceac83f9ff0560bc7a0460874a2b3296f88bf3bca4b6721732199a3625933e20"},
        Facts{"GTSRB/ResNet20.keras", "633fcf00304af5a2e6201a8cdd6f16001bea278a5da614d6efc0dd4e7d3c5d15"}));

// Names as keras.src.utils.naming.to_snake_case gives them.
TEST(SnakeCase, IsKeras) {
  EXPECT_EQ(snake_case("Conv2D"), "conv2d");
  EXPECT_EQ(snake_case("BatchNormalization"), "batch_normalization");
  EXPECT_EQ(snake_case("ReLU"), "re_lu");
  EXPECT_EQ(snake_case("PReLU"), "p_re_lu");
  EXPECT_EQ(snake_case("TFOpLambda"), "tf_op_lambda");
  EXPECT_EQ(snake_case("DepthwiseConv2D"), "depthwise_conv2d");
  EXPECT_EQ(snake_case("Conv2DTranspose"), "conv2d_transpose");
  EXPECT_EQ(snake_case("Functional"), "functional");
}

}  // namespace
}  // namespace tf_injector::detail::keras
