// A network so small that every fault can be evaluated on every image, with its images.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "session/model_data.hpp"
#include "support/random_network.hpp"
#include "tf_injector/fault_list.hpp"
#include "tf_injector/session.hpp"

namespace tf_injector::detail::test {

struct SmallNetworkOptions {
  NetworkOptions network{.side = 5, .channels = 3, .classes = 7, .blocks = 1};
  int64_t images = 60;
  unsigned seed = 1;
};

// Its layers are named by their kernels ("w0"), which faults may hit.
inline Model small_network(const SmallNetworkOptions& options = {}) {
  std::mt19937 rng(options.seed);
  NetworkBuilder builder(rng, options.network);
  Graph graph = builder.build();
  for (const size_t weight : builder.kernels) {
    const std::string name = graph.weights[weight].name;
    graph.layers.push_back({.name = name,
                            .path = name,
                            .class_name = "Conv2D",
                            .weights = {static_cast<WeightId>(weight)},
                            .output_shape = {},
                            .injectable = true});
  }
  return model_of(std::move(graph), "small.keras", std::string(64, 'a'));
}

inline Dataset small_dataset(const SmallNetworkOptions& options = {}) {
  std::mt19937 rng(options.seed + 1);
  Dataset dataset{
      .name = "D", .source = "memory", .sha256 = std::string(64, 'd'), .inputs = {}, .labels = {}};
  const int64_t side = options.network.side;
  dataset.inputs.push_back({.name = "", .shape = {side, side, 3}, .is_float = true});
  dataset.inputs.back().floats = random_values(rng, options.images * side * side * 3, Values::ordinary);
  for (int64_t i = 0; i < options.images; ++i)
    dataset.labels.push_back(static_cast<int32_t>(rng() % static_cast<uint64_t>(options.network.classes)));
  return dataset;
}

// Every bit of every element of the kernels, found in the graph itself.
inline std::vector<Fault> all_faults(const Model& model) {
  std::vector<Fault> faults;
  const Graph& graph = model.data()->graph;
  for (const Layer& layer : graph.layers) {
    if (!layer.injectable) continue;
    const Weight& weight = graph.weights[static_cast<size_t>(layer.weights.front())];
    const auto& dims = weight.shape.dims();
    for (int64_t element = 0; element < weight.shape.elements(); ++element) {
      std::vector<int64_t> index(dims.size());
      int64_t rest = element;
      for (size_t axis = dims.size(); axis-- > 0; rest /= dims[axis]) index[axis] = rest % dims[axis];
      for (int bit = 0; bit < 32; ++bit)
        faults.push_back(bit_flip(static_cast<int64_t>(faults.size()), layer.name, index, bit));
    }
  }
  return faults;
}

// The tallies of each fault on each image: [fault][image].
inline std::vector<std::vector<Tally>> all_tallies(Session& session, const std::vector<Fault>& faults) {
  constexpr size_t kPart = 2000;
  std::vector<std::vector<Tally>> all;
  for (size_t first = 0; first < faults.size(); first += kPart) {
    const std::vector<Fault> part(
        faults.begin() + static_cast<int64_t>(first),
        faults.begin() + static_cast<int64_t>(std::min(first + kPart, faults.size())));
    std::vector<Pair> pairs;
    for (size_t i = 0; i < part.size(); ++i)
      for (int64_t image = 0; image < session.images(); ++image) pairs.push_back({i, image});
    const std::vector<Tally> tallies =
        session.tallies(FaultList::from_faults(part, session.model(), "part"), pairs);
    const auto images = static_cast<size_t>(session.images());
    for (size_t i = 0; i < part.size(); ++i)
      all.emplace_back(tallies.begin() + static_cast<int64_t>(i * images),
                       tallies.begin() + static_cast<int64_t>((i + 1) * images));
  }
  return all;
}

}  // namespace tf_injector::detail::test
