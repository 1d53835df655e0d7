// A .keras file from its bytes to scores: archive, configuration, weights, plan, a golden run and a fault,
// with the kernels of this machine and with the reference, whose scores are the same in every bit.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "fuzz_target.hpp"
#include "tf_injector/fault_list.hpp"
#include "tf_injector/model.hpp"
#include "tf_injector/session.hpp"
#include "zip_mutator.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

namespace {

constexpr int64_t kImages = 2;
constexpr int64_t kMostValues = int64_t{1} << 14;  // of an image
constexpr int64_t kMostWork = int64_t{4} << 20;    // multiply-adds of an image

int64_t elements_of(const std::vector<int64_t>& shape) {
  int64_t elements = 1;
  for (const int64_t size : shape)
    if (__builtin_mul_overflow(elements, size, &elements)) return kMostValues + 1;
  return elements;
}

// Images of the shape that the model takes; without labels where it takes none that are small.
Dataset images_for(const Model& model) {
  Dataset dataset{.name = "D", .source = "memory", .sha256 = std::string(64, 'd')};
  const std::vector<ModelInput> inputs = model.inputs();
  for (const ModelInput& input : inputs) {
    const int64_t elements = elements_of(input.shape);
    if (elements > kMostValues) return {};
    DatasetInput images{.name = inputs.size() > 1 ? input.name : "", .shape = input.shape, .is_float = true};
    std::vector<float> values(static_cast<size_t>(kImages * elements));
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * 37 % 64) / 16 - 2;
    images.floats = std::move(values);
    dataset.inputs.push_back(std::move(images));
  }
  dataset.labels.assign(kImages, 0);
  return dataset;
}

// One fault of each of some kernels, in the middle of it.
std::vector<Fault> faults_of(const Model& model) {
  constexpr size_t kMostFaults = 3;
  std::vector<Fault> faults;
  for (const FaultableTensor& kernel : model.faultable()) {
    if (faults.size() == kMostFaults || kernel.elements == 0) continue;
    std::vector<int64_t> index;
    for (const int64_t size : kernel.shape) index.push_back(size / 2);
    faults.push_back(bit_flip(static_cast<int64_t>(faults.size()), kernel.layer, index, 30));
  }
  return faults;
}

// The golden scores, then those of each fault on each image.
std::vector<float> scores_with(const Model& model, const Dataset& images, KernelSet kernels) {
  constexpr uint64_t kMemory = uint64_t{48} << 20;
  Session session(model, images, {.kernels = kernels, .threads = 1, .memory_bytes = kMemory});
  for (const std::string& remark : session.remarks()) fuzz::check_message(remark);
  for (const std::string& warning : session.warnings()) fuzz::check_message(warning);
  std::vector<float> scores = session.golden(session.tile(0, kImages));
  const std::vector<Fault> faults = faults_of(model);
  if (faults.empty()) return scores;
  std::vector<Pair> pairs;
  for (size_t fault = 0; fault < faults.size(); ++fault)
    for (int64_t image = 0; image < kImages; ++image) pairs.push_back({fault, image});
  const std::vector<float> more = session.scores(FaultList::from_faults(faults, model), pairs);
  scores.insert(scores.end(), more.begin(), more.end());
  return scores;
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto model = fuzz::accepted([&] { return Model::from_bytes(fuzz::as_bytes(data, size), "m.keras"); });
  if (!model) return 0;
  const auto steps = fuzz::accepted([&] { return model->steps(); });
  if (!steps) return 0;
  int64_t work = 0;
  for (const StepInfo& step : *steps) {
    if (step.multiply_adds > kMostWork) return 0;
    work += step.multiply_adds;
  }
  const Dataset images = images_for(*model);
  if (work > kMostWork || images.labels.empty()) return 0;
  const auto run = [&](KernelSet kernels) {
    return fuzz::accepted([&] { return scores_with(*model, images, kernels); },
                          {ErrorKind::bad_input, ErrorKind::out_of_memory});
  };
  const auto scores = run(KernelSet::automatic);
  if (!scores) return 0;
  const auto expected = run(KernelSet::scalar);
  if (!expected) return 0;  // it takes other memory
  fuzz::require(scores->size() == expected->size(), "as many scores as those of the reference");
  fuzz::require(std::memcmp(scores->data(), expected->data(), scores->size() * sizeof(float)) == 0,
                "other scores than those of the reference");
  return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  return fuzz::mutate_zip(data, size, max_size, seed, 0);
}
