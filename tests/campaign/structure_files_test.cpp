// Models of models, and forms that older versions of Keras wrote: scores of every output, clean and faulted,
// are Keras' own. The files lie in tests/keras/structures_*.zip, made by tools/make_structure_files.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "graph/patch.hpp"
#include "io/zip_archive.hpp"
#include "keras/import.hpp"
#include "plan/plan.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using nlohmann::json;

constexpr int kImages = 3;

Graph import_member(const ZipArchive& zip, const std::string& archive, const std::string& name) {
  const std::vector<uint8_t> bytes = zip.read(name);
  const std::string path = testing::TempDir() + "/" + archive + "_" + name;
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return keras::import_model(path);
}

std::string refusal(const ZipArchive& zip, const std::string& archive, const std::string& name) {
  try {
    (void)import_member(zip, archive, name);
    return "";
  } catch (const ModelError& error) {
    return error.what();
  }
}

// As the tool feeds them: the input's number decides by how much they are turned.
std::vector<float> images(int64_t elements, size_t input) {
  std::vector<float> values(static_cast<size_t>(elements * kImages));
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t from = (i + values.size() - 31 * input % values.size()) % values.size();
    values[i] = static_cast<float>(static_cast<int>(from * 7919 % 256) - 128) / 64;
  }
  return values;
}

std::vector<float> scores_of(const Plan& plan, const Overlay* overlay) {
  std::vector<std::vector<float>> inputs;
  for (const PlanInput& input : plan.inputs())
    inputs.push_back(images(input.shape.elements(), inputs.size()));
  const std::vector<std::span<const float>> spans(inputs.begin(), inputs.end());
  std::vector<float> scores(static_cast<size_t>(plan.classes() * kImages));
  Workspace workspace(plan, kImages);
  evaluate(plan, overlay, workspace, spans, kImages, {.batch = kImages}, scores);
  return scores;
}

Patch patch_of(const Graph& graph, const json& fault) {
  Patch patch;
  for (const Layer& layer : graph.layers) {
    if (layer.path == fault["layer"] && layer.injectable) patch.weight = layer.weights[0];
  }
  EXPECT_NE(patch.weight, kNoWeight) << fault["layer"];
  patch.element = fault["element"];
  const std::vector<float>& values = graph.weights.at(static_cast<size_t>(patch.weight)).values;
  patch.old_bits = std::bit_cast<uint32_t>(values.at(static_cast<size_t>(patch.element)));
  patch.new_bits = patch.old_bits ^ (uint32_t{1} << fault["bit"].get<int>());
  return patch;
}

// TensorFlow 2.21 cuts some sums otherwise and normalises in another order (docs/numerics.md).
void expect_keras_scores(const json& bits, const std::vector<float>& found, bool every_bit,
                         const std::string& what) {
  ASSERT_EQ(bits.size(), found.size()) << what;
  double largest = 0, difference = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    const auto expected =
        std::bit_cast<float>(static_cast<uint32_t>(std::stoul(bits[i].get<std::string>(), nullptr, 16)));
    if (every_bit) {
      ASSERT_EQ(std::bit_cast<uint32_t>(expected), std::bit_cast<uint32_t>(found[i])) << what << ", " << i;
    }
    largest = std::max(largest, std::fabs(double{expected}));
    difference = std::max(difference, std::fabs(double{expected} - found[i]));
  }
  EXPECT_LE(difference, 1e-5 * largest) << what;
}

class StructureFiles : public testing::TestWithParam<const char*> {};

TEST_P(StructureFiles, HaveKerasScores) {
  const std::string archive = GetParam();
  const ZipArchive zip(std::string(TFI_TEST_DIR) + "/keras/" + archive + ".zip");
  const std::vector<uint8_t> text = zip.read("facts.json");
  const json facts = json::parse(text.begin(), text.end());
  const bool every_bit = facts["keras_version"].get<std::string>().starts_with("2.");
  int files = 0;
  for (const auto& [name, expected] : facts.items()) {
    if (name == "keras_version") continue;
    ++files;
    if (expected.contains("refused")) {
      EXPECT_THAT(refusal(zip, archive, name), testing::HasSubstr(expected["refused"].get<std::string>()));
      continue;
    }
    const Graph graph = import_member(zip, archive, name);
    EXPECT_EQ(graph.notes.size(), expected.value("by_names", false) ? 1u : 0u) << name;
    ASSERT_EQ(graph.outputs.size(), expected["scores"].size()) << name;
    for (size_t o = 0; o < graph.outputs.size(); ++o) {
      const std::string what = archive + "/" + name + ", output " + std::to_string(o);
      const Plan plan = Plan::compile(graph, {.output = static_cast<int>(o)});
      expect_keras_scores(expected["scores"][o], scores_of(plan, nullptr), every_bit, what);
      for (const json& fault : expected["faults"]) {
        const Overlay overlay(plan, patch_of(graph, fault));
        expect_keras_scores(fault["scores"][o], scores_of(plan, &overlay), every_bit,
                            what + ", fault in " + fault["layer"].get<std::string>());
      }
    }
  }
  EXPECT_GT(files, 10);
}

INSTANTIATE_TEST_SUITE_P(Archives, StructureFiles, testing::Values("structures_k2", "structures_k3"));

}  // namespace
}  // namespace tf_injector::detail
