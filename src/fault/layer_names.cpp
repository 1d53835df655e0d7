#include "fault/layer_names.hpp"

#include <algorithm>
#include <numeric>

#include "fault/fault_list.hpp"

namespace tf_injector {
namespace {

// Levenshtein's distance; a value above `limit` may be returned early for any that is above it.
size_t edit_distance(std::string_view a, std::string_view b, size_t limit) {
  if ((a.size() > b.size() ? a.size() - b.size() : b.size() - a.size()) > limit) return limit + 1;
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view name, const std::vector<std::string>& known) {
  std::string nearest;
  size_t least = 0;
  for (const std::string& candidate : known) {
    const size_t near =
        std::max<size_t>(1, std::max(name.size(), candidate.size()) / 3);  // a third may be mistyped
    const size_t limit = nearest.empty() ? near : std::min(near, least - 1);
    const size_t distance = edit_distance(name, candidate, limit);
    if (distance > limit) continue;
    nearest = candidate;
    least = distance;
    if (least == 0) break;
  }
  return nearest;
}

LayerNames::LayerNames(const Graph& graph) : graph_(&graph) {
  for (size_t i = 0; i < graph.layers.size(); ++i) {
    const Layer& layer = graph.layers[i];
    const int index = static_cast<int>(i);
    // A leaf name may hold slashes itself ("conv1/bn"): only the models around it can be left out, from the
    // left.
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
    known.push_back(find(layer.name).match == Match::one ? layer.name : unique_path(layer));
  }
  return nearest_name(name, known);
}

}  // namespace tf_injector
