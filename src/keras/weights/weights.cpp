#include "keras/weights/weights.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "keras/weights/group_paths.hpp"
#include "keras/weights/legacy_weights.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

bool is_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
}

// Files in the ".keras" format: the groups of a model are named after the classes of its layers and numbered
// per class. The k-th group of a class, in numeric order, belongs to the k-th layer of that class. (The
// numbers themselves do not count, because Keras 2.13 numbers each layer twice.)
class KeyedPlaces {
 public:
  KeyedPlaces(const Hdf5File& file, const VariablesOf& variables_of)
      : file_(file), variables_of_(variables_of) {
    const char* const kOlder = "_layer_checkpoint_dependencies";  // Keras 2.13 and 2.14
    container_ = file_.is_group(kOlder) ? kOlder : "layers";
  }

  WeightPlaces find(const ModelSpec& model) {
    visit(model, container_);
    return std::move(places_);
  }

 private:
  // The group names of a model by class, in numeric order.
  [[nodiscard]] std::map<std::string, std::vector<std::string>> groups_of(const std::string& group) const {
    std::map<std::string, std::vector<std::pair<uint64_t, std::string>>> numbered;
    for (const std::string& name : file_.children(group)) {
      const size_t bar = name.rfind('_');
      uint64_t number = 0;
      std::string stem = name;
      if (bar != std::string::npos && is_digits(std::string_view(name).substr(bar + 1))) {
        std::from_chars(name.data() + bar + 1, name.data() + name.size(), number);
        stem = name.substr(0, bar);
      }
      numbered[stem].emplace_back(number, name);
    }
    std::map<std::string, std::vector<std::string>> groups;
    for (auto& [stem, names] : numbered) {
      std::sort(names.begin(), names.end());
      for (auto& [number, name] : names) groups[stem].push_back(std::move(name));
    }
    return groups;
  }

  [[nodiscard]] bool has_weights(const LayerSpec& layer) const {
    if (layer.model == nullptr) return !variables_of_(layer).empty();
    const auto& inner = layer.model->layers;
    return std::any_of(inner.begin(), inner.end(), [this](const LayerSpec& l) { return has_weights(l); });
  }

  void visit(const ModelSpec& model, const std::string& group) {
    std::map<std::string, std::vector<const LayerSpec*>>
        layers;  // by class, in the order of the configuration
    for (const LayerSpec& layer : model.layers) layers[group_class(layer)].push_back(&layer);
    const auto groups = groups_of(group);
    for (auto& [stem, own] : layers) {
      const auto found = groups.find(stem);
      const size_t count = found == groups.end() ? 0 : found->second.size();
      // Some versions write empty groups for layers without weights, others write none.
      if (count != own.size()) std::erase_if(own, [this](const LayerSpec* l) { return !has_weights(*l); });
      for (size_t i = 0; i < own.size(); ++i) {
        if (!has_weights(*own[i])) continue;
        if (count != own.size()) {
          throw ModelError(own[i]->where() + ": the file holds weights of " + std::to_string(count) +
                           " layers '" + stem + "' in '" + group + "', the configuration has " +
                           std::to_string(own.size()));
        }
        place(*own[i], group + "/" + found->second[i]);
      }
    }
  }

  static std::string group_class(const LayerSpec& layer) {
    return layer.class_name == "Model" ? "functional" : snake_case(layer.class_name);
  }

  void place(const LayerSpec& layer, const std::string& group) {
    if (layer.model != nullptr) {
      visit(*layer.model, group + "/" + container_);
      return;
    }
    const size_t expected = variables_of_(layer).size();
    const size_t found = file_.children(group + "/vars").size();
    if (found != expected) {
      throw ModelError(layer.where() + ": expected " + std::to_string(expected) + " weights in '" + group +
                       "/vars', found " + std::to_string(found));
    }
    std::vector<std::string>& places = places_[&layer];
    for (size_t i = 0; i < expected; ++i)
      places.push_back(file_.in_file(group + "/vars/" + std::to_string(i)));
  }

  GroupPaths file_;
  const VariablesOf& variables_of_;
  std::string container_;
  WeightPlaces places_;
};

}  // namespace

WeightPlaces locate_weights(const Archive& archive, const ModelSpec& model, const VariablesOf& variables_of,
                            std::vector<std::string>& notes) {
  if (archive.layout == WeightLayout::keyed) return KeyedPlaces(archive.weights, variables_of).find(model);
  return locate_legacy_weights(archive.weights, model, variables_of, notes);
}

// Keras: re.sub("(.)([A-Z][a-z]+)", r"\1_\2"), then re.sub("([a-z])([A-Z])", r"\1_\2"), then lower().
std::string snake_case(const std::string& class_name) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  std::string once;
  for (size_t i = 0; i < class_name.size(); ++i) {
    const bool word = upper(class_name[i]) && i + 1 < class_name.size() && lower(class_name[i + 1]);
    if (i > 0 && word) once += '_';
    once += class_name[i];
  }
  std::string snake;
  for (size_t i = 0; i < once.size(); ++i) {
    if (i > 0 && upper(once[i]) && lower(once[i - 1])) snake += '_';
    snake += static_cast<char>(std::tolower(static_cast<unsigned char>(once[i])));
  }
  return snake;
}

}  // namespace tf_injector::detail::keras
