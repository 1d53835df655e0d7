// A campaign in small: a random network, images in batches, faults.
#pragma once

#include "graph/patch.hpp"
#include "support/random_graphs/random_graph.hpp"

namespace tf_injector::detail::test {

struct RandomCase {
  uint64_t seed = 0;
  Theme theme = Theme::ordinary;
  Graph graph;
  std::vector<std::vector<float>> inputs;  // per input of the graph: all images
  int images = 0;
  int batch_size = 1;
  int64_t multiply_adds = 0;  // per image
  std::vector<size_t> kernels;
  std::vector<Patch> faults;

  [[nodiscard]] int64_t classes() const {
    return graph.nodes[static_cast<size_t>(graph.outputs[0])].shape.elements();
  }
};

// How the faults of a campaign are chosen.
struct FaultChoice {
  std::vector<size_t> kernels;  // among these
  int first_bit = 0, last_bit = 31;
  double other_values = 0.05;  // share of those that become a number that no flip makes

  FaultChoice(Dice& dice, Theme theme, const std::vector<size_t>& all) : kernels(all) {
    const double front = is_edge(theme) ? 0.7 : theme == Theme::joins ? 0.5 : 0.0;
    switch (dice.chance(front) ? 1 : dice.from(0, 5)) {
      case 0:
        kernels = {dice.among(all)};  // of one layer
        break;
      case 1:
      case 2:
        kernels = {all.front()};  // behind which is most
        break;
      case 3:
        kernels = {all.front(), dice.among(all)};
        break;
      default:
        break;
    }
    const int64_t least = theme == Theme::underflow ? 2 : is_edge(theme) ? 1 : 0;
    switch (dice.from(least, least == 2 ? 3 : 4)) {
      case 0:
        last_bit = 22;
        break;
      case 1:
        first_bit = 20, last_bit = 26;  // about as large as the weight, or many times
        break;
      case 2:
        first_bit = 10, last_bit = 25;
        break;
      default:
        break;
    }
  }
};

inline Patch random_patch(Dice& dice, const Graph& graph, const FaultChoice& choice) {
  const size_t weight = dice.among(choice.kernels);
  const std::vector<float>& values = graph.weights[weight].values;
  Patch patch{.weight = static_cast<WeightId>(weight)};
  patch.element = dice.from(0, static_cast<int64_t>(values.size()) - 1);
  patch.old_bits = float_bits(values[static_cast<size_t>(patch.element)]);
  patch.new_bits = patch.old_bits ^ uint32_t { 1 } << dice.from(choice.first_bit, choice.last_bit);
  if (dice.chance(choice.other_values))
    patch.new_bits = dice.among({0x7FC12345u, 0xFF800000u, 0x80000000u, 0u});
  return patch;
}

inline RandomCase random_case(uint64_t seed) {
  Dice dice(seed);
  RandomCase c;
  c.seed = seed;
  c.images = static_cast<int>(dice.among({1, 2, 3, 3, 4, 5}));
  GrowingGraph g = random_graph(dice, c.images);
  c.theme = g.theme;
  for (const NodeId input : g.graph.inputs) c.inputs.push_back(g.values[static_cast<size_t>(input)]);
  c.batch_size =
      static_cast<int>(dice.among({int64_t{1}, int64_t{2}, int64_t{3}, dice.from(1, 6), int64_t{512}}));
  c.multiply_adds = g.multiply_adds;
  c.graph = std::move(g.graph);
  c.kernels = std::move(g.kernels);
  const FaultChoice choice(dice, c.theme, c.kernels);
  constexpr int64_t kMostWork = 20'000'000;  // multiply-adds of all faults and images
  const int64_t affordable = kMostWork / (c.images * (c.multiply_adds + 1000));
  const int64_t count = dice.chance(0.2)   ? dice.from(1, 40)
                        : dice.chance(0.4) ? dice.from(41, 90)
                                           : dice.from(91, 220);
  for (int64_t i = std::min(count, std::max<int64_t>(affordable, 17)); i > 0; --i)
    c.faults.push_back(random_patch(dice, c.graph, choice));
  return c;
}

}  // namespace tf_injector::detail::test
