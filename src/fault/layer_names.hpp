// Finds the layer that a fault names: leaf names as Keras gives them, and paths where nested models share a
// name.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/graph.hpp"

namespace tf_injector {

// Keeps a pointer to the graph. Names that find a layer of path "outer/middle/conv": "conv", "middle/conv",
// "outer/middle/conv", and "/outer/middle/conv", which is never short for a longer path.
class LayerNames {
 public:
  enum class Match { one, several, none };
  struct Found {
    Match match = Match::none;
    int layer = -1;  // index into Graph::layers when there is exactly one
  };

  explicit LayerNames(const Graph& graph);

  [[nodiscard]] Found find(std::string_view name) const;
  // For messages: the names that pick each of the several layers called `name`, "'a/conv', 'b/conv'".
  [[nodiscard]] std::string choices(std::string_view name) const;
  // The nearest name of a layer that faults can hit, or "" when none is near.
  [[nodiscard]] std::string nearest_injectable(std::string_view name) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  // The shortest of a layer's whole path and "/" + path that means it alone.
  [[nodiscard]] std::string unique_path(const Layer& layer) const;

  const Graph* graph_;
  std::unordered_map<std::string, std::vector<int>, Hash, std::equal_to<>> layers_by_name_;
};

}  // namespace tf_injector
