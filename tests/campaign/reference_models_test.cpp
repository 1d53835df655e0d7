// Whole models against TensorFlow's own scores, clean and faulted: every bit equal, NaN where NaN is.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "graph/patch.hpp"
#include "io/file.hpp"
#include "io/npy.hpp"
#include "keras/import.hpp"
#include "plan/plan.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using Arrays = std::map<std::string, NpyArray>;

constexpr int kTile = 16;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kAllImages = false;  // many times as slow: the first tile, every fourth fault
#else
constexpr bool kAllImages = true;
#endif
constexpr size_t kFaultStep = kAllImages ? 1 : 4;

const std::string kModels = std::string(TFI_TEST_DIR) + "/../../shared/data/models/";

struct Constants {
  double mean[3];
  double std[3];
};
constexpr Constants kCifar10{{0.4914, 0.4822, 0.4465}, {0.2023, 0.1994, 0.2010}};
constexpr Constants kGtsrb{{0.3403, 0.3121, 0.3214}, {0.2724, 0.2608, 0.2669}};

// The original's preprocessing in NumPy's float32 arithmetic: x / 255, - mean, / std, each rounded.
std::vector<float> preprocessed(const NpyArray& images, const Constants& constants) {
  std::vector<float> out(images.bytes.size());
  for (size_t i = 0; i < out.size(); ++i) {
    const float unit = static_cast<float>(images.bytes[i]) / 255.0f;
    const float centred = unit - static_cast<float>(constants.mean[i % 3]);
    out[i] = centred / static_cast<float>(constants.std[i % 3]);
  }
  return out;
}

// (N, H, W, 3) -> (N, 3, H, W)
std::vector<float> channels_first(const std::vector<float>& images, int64_t pixels) {
  std::vector<float> out(images.size());
  const int64_t count = static_cast<int64_t>(images.size()) / (pixels * 3);
  for (int64_t n = 0; n < count; ++n) {
    for (int64_t p = 0; p < pixels; ++p) {
      for (int64_t c = 0; c < 3; ++c) {
        out[static_cast<size_t>((n * 3 + c) * pixels + p)] =
            images[static_cast<size_t>((n * pixels + p) * 3 + c)];
      }
    }
  }
  return out;
}

// Preprocessed images of a reference file, as the model takes them. The first ones are there as NumPy
// computed them.
std::vector<float> model_input(const Arrays& reference, const Graph& graph, const Constants& constants) {
  std::vector<float> input = preprocessed(reference.at("inputs_u8"), constants);
  const std::vector<float> by_numpy = reference.at("preprocessed").to_float32();
  EXPECT_TRUE(std::equal(by_numpy.begin(), by_numpy.end(), input.begin()));
  const Shape& shape = graph.nodes[static_cast<size_t>(graph.inputs.at(0))].shape;
  if (shape[0] == 3) input = channels_first(input, shape[1] * shape[2]);
  return input;
}

// Scores of the first images, as if the original had fed `batch` of them in one batch.
std::vector<float> scores_of(const Plan& plan, const Patch* patch, std::span<const float> input, int batch) {
  const int images = kAllImages ? batch : std::min(batch, kTile);
  const int64_t elements = plan.inputs()[0].shape.elements();
  std::vector<float> scores(static_cast<size_t>(images * plan.classes()));
  Workspace workspace(plan, kTile);
  std::optional<Overlay> overlay;
  if (patch != nullptr) overlay.emplace(plan, *patch);
  for (int first = 0; first < images; first += kTile) {
    const int n = std::min(kTile, images - first);
    const std::span<const float> inputs[] = {
        input.subspan(static_cast<size_t>(first * elements), static_cast<size_t>(n * elements))};
    evaluate(plan, overlay ? &*overlay : nullptr, workspace, inputs, n,
             {.batch = batch, .batch_index = first},
             std::span<float>(scores).subspan(static_cast<size_t>(first * plan.classes()),
                                              static_cast<size_t>(n * plan.classes())));
  }
  return scores;
}

int64_t differing(std::span<const float> expected, std::span<const float> found) {
  if (kAllImages) {
    EXPECT_EQ(expected.size(), found.size());
  } else {
    EXPECT_TRUE(!found.empty() && found.size() <= expected.size());
  }
  int64_t count = 0;
  for (size_t i = 0; i < std::min(expected.size(), found.size()); ++i) {
    const bool both_nan = std::isnan(expected[i]) && std::isnan(found[i]);
    count += !both_nan && std::bit_cast<uint32_t>(expected[i]) != std::bit_cast<uint32_t>(found[i]);
  }
  return count;
}

// The weight that fault `i` of the file hits, and its bits before and after.
Patch patch_of(const Graph& graph, const Arrays& reference, size_t i) {
  const NpyArray& names = reference.at("fault_layer");  // "<U9": UCS-4
  const size_t width = names.bytes.size() / static_cast<size_t>(names.elements());
  std::string name;
  for (size_t b = 0; b < width; b += 4) {
    if (names.bytes[i * width + b] != 0) name += static_cast<char>(names.bytes[i * width + b]);
  }
  const std::vector<int64_t> coords = reference.at("fault_coords").to_int64();
  const size_t rank = coords.size() / static_cast<size_t>(names.elements());
  Patch patch;
  for (const Layer& layer : graph.layers) {
    if (layer.name == name && layer.injectable) patch.weight = layer.weights[0];
  }
  if (patch.weight == kNoWeight) throw ModelError("no injectable layer " + name);
  const Weight& weight = graph.weights[static_cast<size_t>(patch.weight)];
  for (int a = 0; a < weight.shape.rank(); ++a) {
    patch.element = patch.element * weight.shape[a] + coords[i * rank + static_cast<size_t>(a)];
  }
  const std::vector<int64_t> bits = reference.at("fault_bit").to_int64();
  patch.old_bits = std::bit_cast<uint32_t>(weight.values[static_cast<size_t>(patch.element)]);
  patch.new_bits = patch.old_bits ^ (uint32_t{1} << bits[i]);
  const std::vector<int64_t> old_new = reference.at("fault_old_new").to_int64();
  EXPECT_EQ(patch.old_bits, static_cast<uint32_t>(old_new[2 * i]));
  EXPECT_EQ(patch.new_bits, static_cast<uint32_t>(old_new[2 * i + 1]));
  return patch;
}

struct NamedModel {
  const char* name;  // below ../shared/data/models, without .keras
  const Constants* constants;
};
void PrintTo(const NamedModel& model, std::ostream* out) { *out << model.name; }

class ReferenceModel : public testing::TestWithParam<NamedModel> {
 protected:
  void SetUp() override {
    const std::string stem = kModels + GetParam().name;
    if (!file_exists(stem + ".keras"))
      GTEST_SKIP() << "no " << stem << ".keras (../shared/data is not there)";
    reference = read_npz(stem + ".ref.npz");
    graph = keras::import_model(stem + ".keras");
    input = model_input(reference, graph, *GetParam().constants);
  }
  Arrays reference;
  Graph graph;
  std::vector<float> input;
};

TEST_P(ReferenceModel, CleanScoresAreTensorFlows) {
  const Plan plan = Plan::compile(graph, {});
  const std::vector<float> expected = reference.at("logits").to_float32();
  const int images = static_cast<int>(reference.at("logits").shape[0]);
  EXPECT_EQ(differing(expected, scores_of(plan, nullptr, input, images)), 0);
}

TEST_P(ReferenceModel, FaultedScoresAreTensorFlows) {
  const Plan plan = Plan::compile(graph, {});
  const NpyArray& logits = reference.at("fault_logits");
  const std::vector<float> expected = logits.to_float32();
  const int images = static_cast<int>(reference.at("fault_n_images").to_int64().at(0));
  ASSERT_EQ(logits.shape.at(1), images);
  const size_t size = static_cast<size_t>(images * plan.classes());
  EXPECT_EQ(differing(reference.at("logits_n").to_float32(), scores_of(plan, nullptr, input, images)), 0);
  for (size_t i = 0; i < static_cast<size_t>(logits.shape[0]); i += kFaultStep) {
    const Patch patch = patch_of(graph, reference, i);
    const std::span<const float> row = std::span(expected).subspan(i * size, size);
    EXPECT_EQ(differing(row, scores_of(plan, &patch, input, images)), 0) << "fault " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shared, ReferenceModel,
    testing::Values(NamedModel{"CIFAR10/ResNet20", &kCifar10}, NamedModel{"CIFAR10/ResNet20_nchw", &kCifar10},
                    NamedModel{"CIFAR10/ResNet32", &kCifar10}, NamedModel{"CIFAR10/ResNet56", &kCifar10},
                    NamedModel{"CIFAR10/MobileNetV2", &kCifar10}, NamedModel{"CIFAR10/GoogLeNet", &kCifar10},
                    NamedModel{"CIFAR10/DenseNet121", &kCifar10}, NamedModel{"GTSRB/ResNet20", &kGtsrb}));

// Largest difference, as a part of the largest score.
double relative_difference(std::span<const float> expected, std::span<const float> found) {
  double difference = 0.0, largest = 0.0;
  for (size_t i = 0; i < expected.size(); ++i) {
    difference =
        std::max(difference, std::abs(static_cast<double>(expected[i]) - static_cast<double>(found[i])));
    largest = std::max(largest, std::abs(static_cast<double>(expected[i])));
  }
  return largest > 0.0 ? difference / largest : difference;
}

// Small networks of many layer types as TensorFlow 2.12 to 2.15 and Keras 3 save them. One that holds a layer
// which is not supported skips itself and says which.
class KerasFile : public testing::TestWithParam<const char*> {};

// TensorFlow 2.21 cuts the sums of long Dense layers otherwise and computes tanh and sigmoid with fused
// multiply-adds (docs/numerics.md, "Limits").
bool has_arithmetic_of_its_own(const std::string& file) {
  return file.starts_with("k3_seqcnn") || file.starts_with("k3_simpleseq");
}

TEST_P(KerasFile, ScoresAreTensorFlows) {
  const std::string path = kModels + "keras_files/" + GetParam();
  if (!file_exists(path)) GTEST_SKIP() << "no " << path << " (../shared/data is not there)";
  const size_t dot = path.rfind('.');
  const std::string stem = path.substr(0, dot) + (path.substr(dot) == ".h5" ? "_h5" : "");
  const Arrays reference = read_npz(stem + ".ref.npz");
  Graph graph;
  try {
    graph = keras::import_model(path);
  } catch (const ModelError& error) {
    ASSERT_NE(std::string(error.what()).find("(docs/layers.md)"), std::string::npos) << error.what();
    GTEST_SKIP() << error.what();
  }
  const Plan plan = Plan::compile(graph, {});
  const std::vector<float> input = reference.at("inputs").to_float32();
  const int images = static_cast<int>(reference.at("inputs").shape[0]);
  const std::vector<float> expected = reference.at("outputs").to_float32();
  const std::vector<float> found = scores_of(plan, nullptr, input, images);
  if (has_arithmetic_of_its_own(GetParam())) {
    EXPECT_LE(relative_difference(expected, found), 1e-6);
  } else {
    EXPECT_EQ(differing(expected, found), 0);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Shared, KerasFile,
    testing::Values("tf212_nested.keras", "tf212_resfun.h5", "tf212_resfun.keras", "tf212_seqcnn.h5",
                    "tf212_seqcnn.keras", "tf212_shared.keras", "tf212_simpleseq.keras", "tf213_nested.keras",
                    "tf213_resfun.h5", "tf213_resfun.keras", "tf213_seqcnn.h5", "tf213_seqcnn.keras",
                    "tf213_shared.keras", "tf213_simpleseq.keras", "tf214_nested.keras", "tf214_resfun.h5",
                    "tf214_resfun.keras", "tf214_seqcnn.h5", "tf214_seqcnn.keras", "tf214_shared.keras",
                    "tf214_simpleseq.keras", "tf215_nested.keras", "tf215_resfun.h5", "tf215_resfun.keras",
                    "tf215_seqcnn.h5", "tf215_seqcnn.keras", "tf215_shared.keras", "tf215_simpleseq.keras",
                    "k3_nested.keras", "k3_resfun.h5", "k3_resfun.keras", "k3_seqcnn.h5", "k3_seqcnn.keras",
                    "k3_simpleseq.keras"));

struct SmallFile {
  const char* name;
  // Keras 3 normalises x * (gamma * rsqrt(v + eps)) + (beta - mean * ...), which is not what the kernels
  // compute.
  double allowed = 0.0;
};
void PrintTo(const SmallFile& file, std::ostream* out) { *out << file.name; }

// The small files of tests/keras/files: every output, with the inputs that tools/make_keras_files.py made.
class SmallModel : public testing::TestWithParam<SmallFile> {};

NumberType type_of(const Graph& graph, const std::string& input) {
  for (const NodeId id : graph.inputs) {
    const auto& op = std::get<ops::Input>(graph.nodes[static_cast<size_t>(id)].op);
    if (op.name == input) return op.type;
  }
  return NumberType::float32;
}

TEST_P(SmallModel, ScoresAreTensorFlows) {
  constexpr int kImages = 3;
  const std::string path = std::string(TFI_TEST_DIR) + "/keras/files/" + GetParam().name;
  const auto facts = nlohmann::json::parse(read_text(path + ".json"));
  const Graph graph = keras::import_model(path);
  for (size_t output = 0; output < graph.outputs.size(); ++output) {
    const Plan plan = Plan::compile(graph, {.output = static_cast<int>(output)});
    std::vector<std::vector<float>> inputs;
    for (const PlanInput& input : plan.inputs()) {
      std::vector<float> values(static_cast<size_t>(input.shape.elements() * kImages));
      for (size_t i = 0; i < values.size(); ++i) {
        const int number = static_cast<int>(i * 7919 % 256);
        values[i] = is_integer(type_of(graph, input.name)) ? static_cast<float>(number)
                                                           : static_cast<float>(number - 128) / 64;
      }
      inputs.push_back(std::move(values));
    }
    const std::vector<std::span<const float>> spans(inputs.begin(), inputs.end());
    std::vector<float> scores(static_cast<size_t>(plan.classes() * kImages));
    Workspace workspace(plan, kImages);
    evaluate(plan, nullptr, workspace, spans, kImages, {.batch = kImages}, scores);
    std::vector<float> expected;
    for (const auto& bits : facts["scores"][output]) {
      expected.push_back(
          std::bit_cast<float>(static_cast<uint32_t>(std::stoul(bits.get<std::string>(), nullptr, 16))));
    }
    if (GetParam().allowed > 0.0) {
      EXPECT_LE(relative_difference(expected, scores), GetParam().allowed);
    } else {
      EXPECT_EQ(differing(expected, scores), 0)
          << "of " << scores.size() << ", output " << graph.output_names[output];
    }
  }
}

constexpr double kNormalisation = 1e-6;
INSTANTIATE_TEST_SUITE_P(
    Files, SmallModel,
    testing::Values(SmallFile{"k2_sequential.keras"}, SmallFile{"k2_sequential.h5"},
                    SmallFile{"k2_deferred.keras"}, SmallFile{"k2_nested.keras"}, SmallFile{"k2_nested.h5"},
                    SmallFile{"k2_multi.keras"}, SmallFile{"k2_ops.keras"}, SmallFile{"k2_typed.keras"},
                    SmallFile{"k3_typed.keras"}, SmallFile{"k2_calls.keras"}, SmallFile{"k3_calls.keras"},
                    SmallFile{"k3_sequential.keras", kNormalisation},
                    SmallFile{"k3_sequential.h5", kNormalisation}, SmallFile{"k3_deferred.keras"},
                    SmallFile{"k3_nested.keras", kNormalisation}, SmallFile{"k3_nested.h5", kNormalisation},
                    SmallFile{"k3_multi.keras"}, SmallFile{"k3_ops.keras"},
                    SmallFile{"tf_keras_legacy.keras"}, SmallFile{"tf_keras_legacy.h5"},
                    SmallFile{"k2_renorm.keras"}, SmallFile{"k2_renorm.h5"}));

}  // namespace
}  // namespace tf_injector::detail
