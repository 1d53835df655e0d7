#include "sampling/published.hpp"

#include <cmath>
#include <unordered_set>

#include "core/stop.hpp"
#include "sampling/python_random.hpp"
#include "sampling/sample_size.hpp"

namespace tf_injector::detail {
namespace {

constexpr double kError = 0.01, kQuantile = 2.58, kShare = 0.5;
constexpr int64_t kFaultsOfAWeight = 64, kBitsOfAWeight = 32;
constexpr uint64_t kSeed = 42;

// The axes of a Keras kernel in the order of PyTorch's: (out, in, kh, kw) of (kh, kw, in, out), (out, in) of
// (in, out).
std::vector<size_t> pytorch_axes(size_t rank) {
  if (rank == 4) return {3, 2, 0, 1};
  std::vector<size_t> axes;
  for (size_t axis = rank; axis-- > 0;) axes.push_back(axis);
  return axes;
}

int64_t draw_element(PythonRandom& random, const SampledKernel& kernel, const std::vector<size_t>& axes) {
  std::vector<int64_t> index(kernel.shape.size());
  for (size_t axis : axes) index[axis] = random.below(kernel.shape[axis]);
  int64_t element = 0;
  for (size_t axis = 0; axis < index.size(); ++axis) element = element * kernel.shape[axis] + index[axis];
  return element;
}

}  // namespace

std::vector<int64_t> published_counts(const std::vector<SampledKernel>& kernels) {
  double weights = 0;
  for (const SampledKernel& kernel : kernels) weights += static_cast<double>(kernel.elements);
  const double n = sample_size(static_cast<double>(kFaultsOfAWeight) * weights, kError, kQuantile, kShare);
  std::vector<int64_t> counts;
  for (const SampledKernel& kernel : kernels)
    counts.push_back(
        static_cast<int64_t>(std::nearbyint(n * static_cast<double>(kernel.elements) / weights)));
  return counts;
}

void draw_published(const std::vector<SampledKernel>& kernels, FaultText& text,
                    const std::atomic<bool>* stop) {
  PythonRandom random(kSeed);
  const std::vector<int64_t> counts = published_counts(kernels);
  for (size_t k = 0; k < kernels.size(); ++k) {
    const std::vector<size_t> axes = pytorch_axes(kernels[k].shape.size());
    std::unordered_set<int64_t> drawn;
    while (static_cast<int64_t>(drawn.size()) < counts[k]) {
      check_stop(stop);
      const int64_t element = draw_element(random, kernels[k], axes);
      const auto bit = static_cast<int>(random.below(kBitsOfAWeight));
      if (drawn.insert(element * kBitsOfAWeight + bit).second) text.add(kernels[k], element, bit);
    }
  }
}

}  // namespace tf_injector::detail
