// Whole models against TensorFlow's own scores, clean and faulted, in every bit and with every kernel set.
// tests/golden is made by tools/make_golden.py.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include "fault/fault_list.hpp"
#include "graph/storage.hpp"
#include "io/npy.hpp"
#include "keras/import.hpp"
#include "kernels/same_bits.hpp"
#include "plan/plan.hpp"

namespace tf_injector::detail {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(TFI_TEST_DIR) / "golden";

std::vector<std::string> golden_models() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".keras" || extension == ".h5") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// A golden model with a list of faults of all models: NAME.extended of variables, NAME.outputs of outputs
// too.
struct ExtendedList {
  std::string model, kind;
  [[nodiscard]] std::string path(const std::string& extension) const {
    return (kFolder / (model + "." + kind + extension)).string();
  }
};

std::vector<ExtendedList> extended_lists() {
  std::vector<ExtendedList> lists;
  for (const std::string& name : golden_models()) {
    for (const char* kind : {"extended", "outputs"}) {
      const ExtendedList list{name, kind};
      if (std::filesystem::exists(list.path(".csv"))) lists.push_back(list);
    }
  }
  return lists;
}

// Those with a list of weights that are stored in a format.
std::vector<std::string> models_with(const std::string& list) {
  std::vector<std::string> names = golden_models();
  std::erase_if(names, [&](const std::string& name) {
    return !std::filesystem::exists(kFolder / (name + "." + list + ".csv"));
  });
  return names;
}

struct StoredModel {
  std::string name;
  StorageFormat storage;
};

std::vector<StoredModel> stored_models() {
  std::vector<StoredModel> models;
  for (const StorageFormat format : kStorageFormats)
    for (const std::string& name : models_with(storage_name(format))) models.push_back({name, format});
  return models;
}

std::string fault_text(const ResolvedFaultList& list, size_t f) {
  const Fault fault = list.faults[f];
  return "fault " + std::to_string(f) + ": " + layers_text(fault) + " " + indices_text(fault) + " " +
         bits_text(fault);
}

std::string model_file(const std::string& name) {
  const std::filesystem::path keras = kFolder / (name + ".keras");
  return (std::filesystem::exists(keras) ? keras : kFolder / (name + ".h5")).string();
}

// What TensorFlow computed; images outermost, faults before them.
struct Golden {
  int64_t images = 0;
  std::vector<float> inputs, clean, clean_alone, faulty, faulty_alone;

  explicit Golden(const std::string& name) {
    const auto arrays = read_npz((kFolder / (name + ".golden.npz")).string());
    images = arrays.at("inputs").shape.at(0);
    inputs = arrays.at("inputs").to_float32();
    clean = arrays.at("clean").to_float32();
    clean_alone = arrays.at("clean_alone").to_float32();
    faulty = arrays.at("faulty").to_float32();
    faulty_alone = arrays.at("faulty_alone").to_float32();
  }
  // The scores of one fault.
  [[nodiscard]] std::span<const float> of_fault(const std::vector<float>& all, size_t fault) const {
    return std::span(all).subspan(fault * clean.size(), clean.size());
  }
};

// Scores of all images, fed by the Python tool in batches of `batch`: all of them, or one.
std::vector<float> scores(const Plan& plan, const Overlay* overlay, const Golden& golden, int batch) {
  const auto elements = static_cast<size_t>(plan.inputs().at(0).shape.elements());
  const auto classes = static_cast<size_t>(plan.classes());
  std::vector<float> out(static_cast<size_t>(golden.images) * classes);
  Workspace workspace(plan, batch);
  for (size_t first = 0; first < static_cast<size_t>(golden.images); first += static_cast<size_t>(batch)) {
    const auto count = static_cast<size_t>(batch);
    const std::span<const float> inputs[] = {
        std::span(golden.inputs).subspan(first * elements, count * elements)};
    evaluate(plan, overlay, workspace, inputs, batch, {.batch = batch},
             std::span(out).subspan(first * classes, count * classes));
  }
  return out;
}

class GoldenModel : public testing::TestWithParam<std::string> {};

TEST_P(GoldenModel, HasTensorFlowsScoresInEveryBit) {
  const Golden golden(GetParam());
  const Graph graph = keras::import_model(model_file(GetParam()));
  const ResolvedFaultList list = read_fault_list((kFolder / (GetParam() + ".faults.csv")).string(), &graph);
  ASSERT_EQ(list.faults.size() * golden.clean.size(), golden.faulty.size());
  const auto together = static_cast<int>(golden.images);
  for (KernelSet set : available_kernel_sets()) {
    SCOPED_TRACE(kernel_set_name(set));
    const Plan plan = Plan::compile(graph, {.kernels = set});
    EXPECT_TRUE(test::same_bits(golden.clean, scores(plan, nullptr, golden, together)));
    EXPECT_TRUE(test::same_bits(golden.clean_alone, scores(plan, nullptr, golden, 1)));
    for (size_t f = 0; f < list.faults.size(); ++f) {
      const Overlay overlay(plan, list.patches[f]);
      EXPECT_TRUE(
          test::same_bits(golden.of_fault(golden.faulty, f), scores(plan, &overlay, golden, together)))
          << "fault " << f << " in " << list.faults[f].parts[0].layer;
      EXPECT_TRUE(test::same_bits(golden.of_fault(golden.faulty_alone, f), scores(plan, &overlay, golden, 1)))
          << "fault " << f << " in " << list.faults[f].parts[0].layer << ", batches of one";
    }
  }
}

// Faults of all tensors and models, of several parts; made by tools/fault_models_oracle.py.
class ExtendedGoldenModel : public testing::TestWithParam<ExtendedList> {};

std::vector<WeightId> masks_of(const Graph& graph, PatchRows faults) {
  std::set<WeightId> masks;
  for (const Patch& patch : faults.all())
    if (graph.is_mask(patch.weight)) masks.insert(patch.weight);
  return {masks.begin(), masks.end()};
}

// Of a fault of one image: golden rows elsewhere.
std::vector<float> only_on(int64_t image, std::vector<float> faulty, const std::vector<float>& clean,
                           int64_t images) {
  const auto classes = static_cast<int64_t>(clean.size()) / images;
  for (int64_t i = 0; image != kAllImages && i < images; ++i)
    if (i != image) std::copy_n(clean.begin() + i * classes, classes, faulty.begin() + i * classes);
  return faulty;
}

TEST_P(ExtendedGoldenModel, HasTensorFlowsScoresUnderFaultsOfAllModels) {
  const Golden golden(GetParam().model);
  const Graph graph = keras::import_model(model_file(GetParam().model));
  const ResolvedFaultList list = read_fault_list(GetParam().path(".csv"), &graph);
  const auto arrays = read_npz(GetParam().path(".npz"));
  const std::vector<float> faulty = arrays.at("faulty").to_float32(),
                           alone = arrays.at("faulty_alone").to_float32();
  ASSERT_EQ(list.faults.size() * golden.clean.size(), faulty.size());
  for (KernelSet set : available_kernel_sets()) {
    SCOPED_TRACE(kernel_set_name(set));
    const Plan plan = Plan::compile(graph, {.kernels = set, .masks = masks_of(graph, list.patches)});
    for (size_t f = 0; f < list.faults.size(); ++f) {
      const Overlay overlay(plan, list.patches[f]);
      const auto together = static_cast<int>(golden.images);
      const auto scores_of = [&](int batch, const std::vector<float>& clean) {
        return only_on(list.patches.rows().image(f), scores(plan, &overlay, golden, batch), clean,
                       golden.images);
      };
      EXPECT_TRUE(test::same_bits(golden.of_fault(faulty, f), scores_of(together, golden.clean)))
          << fault_text(list, f);
      EXPECT_TRUE(test::same_bits(golden.of_fault(alone, f), scores_of(1, golden.clean_alone)))
          << fault_text(list, f) << ", batches of one";
    }
  }
}

// The same of networks whose variables TensorFlow has quantised and dequantised, with faults of what is
// stored.
class StoredGoldenModel : public testing::TestWithParam<StoredModel> {};

TEST_P(StoredGoldenModel, HasTensorFlowsScoresOfWhatIsStored) {
  const auto& [name, storage] = GetParam();
  const std::string stem = (kFolder / name).string() + "." + storage_name(storage);
  const Golden golden(name);
  Graph graph = keras::import_model(model_file(name));
  static_cast<void>(store_weights(graph, storage));
  const ResolvedFaultList list = read_fault_list(stem + ".csv", &graph);
  const auto arrays = read_npz(stem + ".npz");
  const std::vector<float> clean = arrays.at("clean").to_float32(), faulty = arrays.at("faulty").to_float32();
  ASSERT_EQ(list.faults.size() * clean.size(), faulty.size());
  EXPECT_FALSE(test::same_bits(clean, golden.clean));  // it is another network
  const auto together = static_cast<int>(golden.images);
  for (KernelSet set : available_kernel_sets()) {
    SCOPED_TRACE(kernel_set_name(set));
    const Plan plan = Plan::compile(graph, {.kernels = set});
    EXPECT_TRUE(test::same_bits(clean, scores(plan, nullptr, golden, together)));
    for (size_t f = 0; f < list.faults.size(); ++f) {
      const Overlay overlay(plan, list.patches[f]);
      EXPECT_TRUE(test::same_bits(golden.of_fault(faulty, f), scores(plan, &overlay, golden, together)))
          << fault_text(list, f);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(TensorFlow, StoredGoldenModel, testing::ValuesIn(stored_models()),
                         [](const auto& model) {
                           return model.param.name + "_" + storage_name(model.param.storage);
                         });

INSTANTIATE_TEST_SUITE_P(TensorFlow, GoldenModel, testing::ValuesIn(golden_models()),
                         [](const auto& model) { return model.param; });

INSTANTIATE_TEST_SUITE_P(TensorFlow, ExtendedGoldenModel, testing::ValuesIn(extended_lists()),
                         [](const auto& list) { return list.param.model + "_" + list.param.kind; });

TEST(GoldenModels, AreAllThere) {
  EXPECT_GE(golden_models().size(), 8u);
  EXPECT_GE(extended_lists().size(), 14u);
  EXPECT_GE(stored_models().size(), 3 * 7u);
}

}  // namespace
}  // namespace tf_injector::detail
