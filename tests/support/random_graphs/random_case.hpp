// A campaign in small: a random network, images in batches, faults.
#pragma once

#include <algorithm>
#include <set>

#include "graph/patch.hpp"
#include "plan/plan.hpp"
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
  std::vector<std::vector<Patch>> faults;
  std::vector<int64_t> fault_images;  // of each the only image that has it, or kAllImages

  // Faults from `first` on.
  [[nodiscard]] PatchTable patches(size_t first = 0, size_t count = SIZE_MAX) const {
    PatchTable table;
    for (size_t i = first; i < faults.size() && i - first < count; ++i) table.add(faults[i], fault_images[i]);
    return table;
  }
  // Of the outputs that faults hit.
  [[nodiscard]] std::vector<WeightId> masks() const {
    std::set<WeightId> found;
    for (const std::vector<Patch>& fault : faults)
      for (const Patch& patch : fault)
        if (graph.is_mask(patch.weight)) found.insert(patch.weight);
    return {found.begin(), found.end()};
  }
  [[nodiscard]] Plan compile(KernelSet set) const {
    return Plan::compile(graph, {.kernels = set, .masks = masks()});
  }
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

// All weights that a fault can change: kernels, biases, parameters of normalisations.
inline std::vector<size_t> changeable_weights(const Graph& graph) {
  std::set<WeightId> found;
  for (const Node& node : graph.nodes) {
    std::visit(
        [&](const auto& op) {
          if constexpr (requires { op.kernel; }) found.insert({op.kernel, op.bias});
          if constexpr (requires { op.gamma; }) found.insert({op.gamma, op.beta});
          if constexpr (requires { op.mean; }) found.insert({op.mean, op.variance});
        },
        node.op);
  }
  found.erase(kNoWeight);
  return {found.begin(), found.end()};
}

// Bits that are stuck, some at what they are, or any value.
inline uint32_t changed_bits(Dice& dice, uint32_t bits) {
  const uint32_t mask = (uint32_t{1} << dice.from(0, 31)) | (uint32_t{1} << dice.from(0, 31));
  switch (dice.from(0, 3)) {
    case 0:
      return bits | mask;
    case 1:
      return bits & ~mask;
    case 2:
      return bits ^ mask;
    default:
      return dice.among({0x7FC00000u, 0x7F800000u, 0xFF800000u, 0x80000000u, 0u, 0x00000001u, 0x3F800000u,
                         0xBF800000u, 0x007FFFFFu, 0x7F7FFFFFu, bits ^ 0x80000000u});
  }
}

// Two patches, of what is inverted and of what is kept. Nodes are chosen evenly, the last more often.
inline void add_output_part(Dice& dice, const Graph& graph, std::vector<Patch>& fault) {
  const auto calls = static_cast<int64_t>(graph.calls.size());
  const auto call = static_cast<size_t>(dice.chance(0.1) ? calls - 1 : dice.from(0, calls - 1));
  const WeightId mask = graph.mask_of(call);
  const int64_t elements = graph.nodes[static_cast<size_t>(graph.calls[call].output)].shape.elements();
  const int64_t element = dice.from(0, elements - 1);
  for (const Patch& other : fault)
    if (other.weight == mask && other.element == element) return;
  constexpr uint32_t kAll = ~uint32_t{0};
  const uint32_t bits = (uint32_t{1} << dice.from(0, 31)) | (uint32_t{1} << dice.from(0, 31));
  const uint32_t value =
      dice.among({0x7FC00000u, 0x7F800000u, 0x80000000u, 0u, 0x00000001u, 0x3F800000u, 0xC2C80000u});
  const int64_t kind = dice.from(0, 3);  // flip, stuck at 0, stuck at 1, set
  const uint32_t keep = kind == 0 ? kAll : kind == 3 ? 0 : ~bits;
  const uint32_t toggle = kind == 1 ? 0 : kind == 3 ? value : bits;
  fault.push_back({mask, element, 0, toggle});
  fault.push_back({mask, elements + element, kAll, keep});
}

// Of one part or several: in any weight, beside each other, or in one output channel.
inline std::vector<Patch> random_fault(Dice& dice, const Graph& graph, const FaultChoice& choice) {
  std::vector<Patch> fault;
  const std::vector<size_t> all = changeable_weights(graph);
  const std::vector<size_t>& weights = dice.chance(0.4) ? choice.kernels : all;
  const int64_t parts = dice.among({1, 1, 1, 2, 3, 7, 70});
  const bool is_one_weight = dice.chance(0.6);
  size_t weight = dice.among(weights);
  int64_t element = -1;
  const double outputs = dice.among({0.0, 0.0, 0.3, 1.0});  // share of the parts
  for (int64_t part = 0; part < parts; ++part) {
    if (outputs > 0 && dice.chance(outputs)) {
      add_output_part(dice, graph, fault);
      continue;
    }
    if (!is_one_weight) weight = dice.among(weights);
    const std::vector<float>& values = graph.weights[weight].values;
    const auto count = static_cast<int64_t>(values.size());
    const int64_t channels = graph.weights[weight].shape.back();
    if (element < 0 || !is_one_weight || dice.chance(0.2)) {
      element = dice.from(0, count - 1);
    } else {
      element = (element + (dice.chance(0.5) ? 1 : channels)) % count;
    }
    const uint32_t bits = float_bits(values[static_cast<size_t>(element)]);
    const Patch patch{static_cast<WeightId>(weight), element, bits, changed_bits(dice, bits)};
    if (std::none_of(fault.begin(), fault.end(), [&](const Patch& other) {
          return other.weight == patch.weight && other.element == patch.element;
        }))
      fault.push_back(patch);
  }
  return fault;
}

// Single elements of kernels only, or faults of all kinds.
enum class FaultKinds { kernels, all };

inline RandomCase random_case(uint64_t seed, FaultKinds kinds = FaultKinds::all) {
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
  for (size_t node = 0; node < c.graph.nodes.size(); ++node)
    c.graph.calls.push_back({.layer = 0, .output = static_cast<NodeId>(node)});
  const double of_one_image = kinds == FaultKinds::all ? dice.among({0.0, 0.0, 0.3, 1.0}) : 0.0;
  c.kernels = std::move(g.kernels);
  const FaultChoice choice(dice, c.theme, c.kernels);
  constexpr int64_t kMostWork = 20'000'000;  // multiply-adds of all faults and images
  const int64_t affordable = kMostWork / (c.images * (c.multiply_adds + 1000));
  const int64_t count = dice.chance(0.2)   ? dice.from(1, 40)
                        : dice.chance(0.4) ? dice.from(41, 90)
                                           : dice.from(91, 220);
  for (int64_t i = std::min(count, std::max<int64_t>(affordable, 17)); i > 0; --i)
    if (kinds == FaultKinds::all && dice.chance(0.4)) {
      c.faults.push_back(random_fault(dice, c.graph, choice));
    } else {
      c.faults.push_back({random_patch(dice, c.graph, choice)});
    }
  for (size_t i = 0; i < c.faults.size(); ++i)
    c.fault_images.push_back(of_one_image > 0 && dice.chance(of_one_image) ? dice.from(0, c.images - 1)
                                                                           : kAllImages);
  return c;
}

}  // namespace tf_injector::detail::test
