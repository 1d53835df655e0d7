#include "sampling/published.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <unordered_map>
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

// The nodes that the outputs need: each behind what it reads, its operands' chains one after the other.
std::vector<NodeId> depth_first(const Graph& graph) {
  struct Visit {
    NodeId node;
    size_t next_input;
  };
  std::vector<NodeId> order;
  std::vector<bool> seen(graph.nodes.size());
  std::vector<Visit> path;
  const auto enter = [&](NodeId id) {
    if (seen[static_cast<size_t>(id)]) return;
    seen[static_cast<size_t>(id)] = true;
    path.push_back({id, 0});
  };
  for (const NodeId output : graph.outputs) {
    enter(output);
    while (!path.empty()) {
      Visit& visit = path.back();
      const std::vector<NodeId>& inputs = graph.nodes[static_cast<size_t>(visit.node)].inputs;
      if (visit.next_input < inputs.size()) {
        enter(inputs[visit.next_input++]);
      } else {
        order.push_back(visit.node);
        path.pop_back();
      }
    }
  }
  return order;
}

}  // namespace

std::vector<size_t> published_order(const Graph& graph) {
  std::unordered_map<std::string_view, size_t> first;  // of a layer's nodes
  for (const NodeId node : depth_first(graph))
    first.try_emplace(graph.nodes[static_cast<size_t>(node)].path, first.size());
  std::vector<size_t> layers(graph.layers.size()), ranks(graph.layers.size());
  std::iota(layers.begin(), layers.end(), size_t{0});
  const auto position = [&](size_t layer) {
    const auto found = first.find(graph.layers[layer].path);
    return found == first.end() ? first.size() : found->second;
  };
  std::stable_sort(layers.begin(), layers.end(),
                   [&](size_t a, size_t b) { return position(a) < position(b); });
  for (size_t rank = 0; rank < layers.size(); ++rank) ranks[layers[rank]] = rank;
  return ranks;
}

std::vector<int64_t> published_counts(const std::vector<SampledKernel>& kernels) {
  double weights = 0;
  for (const SampledKernel& kernel : kernels) weights += static_cast<double>(kernel.elements);
  const double n =
      std::nearbyint(sample_size(static_cast<double>(kFaultsOfAWeight) * weights, kError, kQuantile, kShare));
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
