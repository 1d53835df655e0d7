// Finds the layer that a fault names: by the layer's Keras name, or by its path through nested models if
// several layers share the name.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "graph/graph.hpp"

namespace tf_injector::detail {

// Keeps a pointer to the graph. The layer with the path "outer/middle/conv" is found by "conv",
// "middle/conv", "outer/middle/conv", and "/outer/middle/conv", which is never the end of a longer path.
class LayerNames {
 public:
  enum class Match { one, several, none };
  struct Found {
    Match match = Match::none;
    int layer = -1;  // index in Graph::layers if there is exactly one
  };

  explicit LayerNames(const Graph& graph);

  [[nodiscard]] Found find(std::string_view name) const;
  // The shortest name that finds this layer alone: its Keras name, else its path, else "/" + path.
  [[nodiscard]] std::string name_of(const Layer& layer) const;
  // For messages: "'a/conv', 'b/conv'", unique names of the layers that `name` matches.
  [[nodiscard]] std::string choices(std::string_view name) const;
  // The name nearest to `name` among the layers that faults can hit; "" if none is near.
  [[nodiscard]] std::string nearest_injectable(std::string_view name) const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  // The layer's whole path, or "/" + path if the path matches several layers.
  [[nodiscard]] std::string unique_path(const Layer& layer) const;

  const Graph* graph_;
  std::unordered_map<std::string, std::vector<int>, Hash, std::equal_to<>> layers_by_name_;
};

}  // namespace tf_injector::detail
