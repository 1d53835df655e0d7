// A small model made by hand and the ways the tests read a fault list against it.
#pragma once

#include <string>
#include <utility>

#include "fault/fault_list.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::test {

inline constexpr const char* kListHeader = "Injection,Layer,TensorIndex,Bit\n";

// Appends a layer; one with a kernel of `shape` can be hit by faults. The kernel's values are 0, 1, 2, ...
inline void add_layer(Graph& graph, const std::string& path, const std::string& name,
                      const std::string& class_name, const Shape& shape) {
  Layer layer;
  layer.name = name;
  layer.path = path;
  layer.class_name = class_name;
  layer.injectable = class_name == "Conv2D" || class_name == "Dense";
  if (shape.rank() > 0) {
    layer.weights.push_back(static_cast<WeightId>(graph.weights.size()));
    Weight weight{path + "/kernel", shape, std::vector<float>(static_cast<size_t>(shape.elements()))};
    for (size_t i = 0; i < weight.values.size(); ++i) weight.values[i] = static_cast<float>(i);
    graph.weights.push_back(std::move(weight));
  }
  graph.layers.push_back(std::move(layer));
}

// conv2d, conv2d_1, dense, a BatchNormalization; two nested models with a layer `conv` each; a leaf name with
// a slash.
inline Graph small_model() {
  Graph graph;
  add_layer(graph, "conv2d", "conv2d", "Conv2D", {3, 3, 1, 8});
  add_layer(graph, "batch_normalization", "batch_normalization", "BatchNormalization", {8});
  add_layer(graph, "conv2d_1", "conv2d_1", "Conv2D", {3, 2, 8, 4});
  add_layer(graph, "left/conv", "conv", "Conv2D", {1, 1, 4, 4});
  add_layer(graph, "right/inner/conv", "conv", "Conv2D", {1, 1, 4, 4});
  add_layer(graph, "right/block/0", "block/0", "Conv2D", {1, 1, 4, 2});
  add_layer(graph, "flatten", "flatten", "Flatten", {});
  add_layer(graph, "dense", "dense", "Dense", {6, 10});
  return graph;
}

inline ResolvedFaultList parse(const std::string& text) {
  const Graph model = small_model();
  return parse_fault_list(text, "list.csv", &model);
}

// All problems of the list whose rows are `rows`; "" when there are none.
inline std::string problems_of(const std::string& text) {
  try {
    (void)parse(text);
    return "";
  } catch (const FaultListError& error) {
    return error.what();
  }
}
inline std::string problems_in(const std::string& rows) { return problems_of(kListHeader + rows); }

}  // namespace tf_injector::detail::test
