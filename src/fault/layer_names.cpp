#include "fault/layer_names.hpp"

#include <algorithm>

#include "core/nearest_name.hpp"

namespace tf_injector::detail {

LayerNames::LayerNames(const Graph& graph) : graph_(&graph) {
  for (size_t i = 0; i < graph.layers.size(); ++i) {
    const Layer& layer = graph.layers[i];
    const int index = static_cast<int>(i);
    // A layer's name may contain slashes ("conv1/bn"): only the names of models can be left out.
    const size_t around = layer.path.size() - std::min(layer.path.size(), layer.name.size());
    layers_by_name_["/" + layer.path].push_back(index);
    layers_by_name_[layer.path].push_back(index);
    for (size_t slash = layer.path.find('/'); slash < around; slash = layer.path.find('/', slash + 1)) {
      layers_by_name_[layer.path.substr(slash + 1)].push_back(index);
    }
  }
}

LayerNames::Found LayerNames::find(std::string_view name) const {
  const auto entry = layers_by_name_.find(name);
  if (entry == layers_by_name_.end()) return {};
  if (entry->second.size() > 1) return {.match = Match::several};
  return {.match = Match::one, .layer = entry->second.front()};
}

std::string LayerNames::unique_path(const Layer& layer) const {
  return find(layer.path).match == Match::one ? layer.path : "/" + layer.path;
}

std::string LayerNames::name_of(const Layer& layer) const {
  return find(layer.name).match == Match::one ? layer.name : unique_path(layer);
}

std::string LayerNames::choices(std::string_view name) const {
  std::string text;
  const auto entry = layers_by_name_.find(name);
  if (entry == layers_by_name_.end()) return text;
  for (int index : entry->second) {
    if (!text.empty()) text += ", ";
    text += "'" + unique_path(graph_->layers[static_cast<size_t>(index)]) + "'";
  }
  return text;
}

std::string LayerNames::nearest_injectable(std::string_view name) const {
  std::vector<std::string> known;
  for (const Layer& layer : graph_->layers) {
    if (!layer.injectable) continue;
    known.push_back(name_of(layer));
  }
  return nearest_name(name, known);
}

}  // namespace tf_injector::detail
