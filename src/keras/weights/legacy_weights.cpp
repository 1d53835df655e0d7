#include "keras/weights/legacy_weights.hpp"

#include <algorithm>

#include "keras/weights/saved_order.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

const std::string kRoot = "model_weights";

bool is_trainable(const LayerSpec& layer) {
  if (!layer.config->is_object()) return true;
  const Json* flag = layer.config->find("trainable");
  return flag == nullptr || as_boolean(*flag).value_or(true);
}

SlotTree tree_of(const LayerSpec& layer, const VariablesOf& variables_of) {
  SlotTree tree{.layer = &layer,
                .own = {},
                .inner = {},
                .is_model = layer.model != nullptr,
                .trainable = is_trainable(layer)};
  if (tree.is_model) {
    for (const LayerSpec& inner : layer.model->layers) tree.inner.push_back(tree_of(inner, variables_of));
    return tree;
  }
  const std::vector<Variable> variables = variables_of(layer);
  for (size_t i = 0; i < variables.size(); ++i) tree.own.push_back({&layer, i, variables[i]});
  return tree;
}

bool has_slots(const SlotTree& tree) {
  return !tree.own.empty() || std::any_of(tree.inner.begin(), tree.inner.end(), has_slots);
}

bool fits(const NameEvidence& evidence) {
  if (evidence.names_all_slots) return evidence.every_name_fits;
  return evidence.variables_fit && evidence.layers_stay_together;
}

class LegacyPlaces {
 public:
  LegacyPlaces(const Hdf5File& file, const VariablesOf& variables_of, std::vector<std::string>& notes)
      : file_(file), variables_of_(variables_of), notes_(notes) {}

  WeightPlaces find(const ModelSpec& model) {
    std::vector<SlotTree> trees;
    for (const LayerSpec& layer : model.layers) {
      SlotTree tree = tree_of(layer, variables_of_);
      if (has_slots(tree)) trees.push_back(std::move(tree));
    }
    const std::vector<std::string> groups = groups_of(trees);
    for (size_t i = 0; i < trees.size(); ++i) place(std::move(trees[i]), groups[i], model.generation);
    return std::move(places_);
  }

 private:
  [[nodiscard]] std::vector<std::string> weight_names(const std::string& group) const {
    return file_.string_list_attribute(kRoot + "/" + group, "weight_names")
        .value_or(std::vector<std::string>{});
  }

  // The group of each layer that has weights: the one of its name or, if the configuration names no layers (a
  // Sequential whose configuration is a list), the next group with weights.
  [[nodiscard]] std::vector<std::string> groups_of(const std::vector<SlotTree>& trees) const {
    std::vector<std::string> groups;
    const bool named =
        std::none_of(trees.begin(), trees.end(), [](const SlotTree& tree) { return tree.layer->is_unnamed; });
    if (named) {
      for (const SlotTree& tree : trees) groups.push_back(tree.layer->name);
      return groups;
    }
    const auto listed = file_.string_list_attribute(kRoot, "layer_names");
    for (const std::string& name : listed.value_or(std::vector<std::string>{})) {
      if (file_.is_group(kRoot + "/" + name) && !weight_names(name).empty()) groups.push_back(name);
    }
    if (groups.size() != trees.size()) {
      throw ModelError("the model has " + std::to_string(trees.size()) +
                       " layers with weights, the file holds " + std::to_string(groups.size()) +
                       " groups of weights in '" + kRoot + "'");
    }
    return groups;
  }

  void place(SlotTree tree, const std::string& name, Generation generation) {
    const LayerSpec& layer = *tree.layer;
    const std::string group = kRoot + "/" + name;
    if (!file_.is_group(group))
      throw ModelError(layer.where() + ": the file holds no weights for it ('" + group + "')");
    const std::vector<std::string> names = weight_names(name);
    const SavedOrder orders(std::move(tree), generation);
    std::vector<Slot> order = orders.loading();
    if (names.size() != order.size()) {
      throw ModelError(layer.where() + ": expected " + std::to_string(order.size()) + " weights in '" +
                       group + "', found " + std::to_string(names.size()));
    }
    if (!fits(compare_names(order, names))) order = explained(orders, std::move(order), names, layer, group);
    for (size_t i = 0; i < order.size(); ++i) {
      std::vector<std::string>& places = places_[order[i].layer];
      places.resize(std::max(places.size(), order[i].index + 1));
      places[order[i].index] = group + "/" + names[i];
    }
  }

  // The order that the names show. If layers were renamed after their weights got their names, they show
  // nothing.
  std::vector<Slot> explained(const SavedOrder& orders, std::vector<Slot> loading,
                              const std::vector<std::string>& names, const LayerSpec& layer,
                              const std::string& group) {
    std::vector<std::vector<Slot>> others =
        orders.saving([&](const std::vector<Slot>& order) { return fits(compare_names(order, names)); });
    const NameEvidence evidence = compare_names(loading, names);
    if (others.size() == 1) {
      notes_.push_back(layer.where() +
                       ": its weights were saved while a model in it was frozen and some of its layers were "
                       "not; they are taken "
                       "by their names, which Keras does not do: it loads them into other layers. Save the "
                       "model as .keras");
      return std::move(others.front());
    }
    if (others.empty() && !evidence.names_all_slots && evidence.variables_fit) return loading;
    throw ModelError(layer.where() + ": " + first_difference(loading, names, group) +
                     "; save the model again, as .keras");
  }

  // Describes where the names first differ from the order in which Keras loads.
  static std::string first_difference(const std::vector<Slot>& order, const std::vector<std::string>& names,
                                      const std::string& group) {
    for (size_t i = 0; i < order.size(); ++i) {
      if (compare_names({order[i]}, {names[i]}).every_name_fits) continue;
      return "weight " + std::to_string(i) + " in '" + group + "' is named '" + names[i] +
             "', expected that of '" + order[i].layer->name + "/" + order[i].variable.name + "'";
    }
    return "the names of the weights in '" + group + "' do not tell whose they are";
  }

  const Hdf5File& file_;
  const VariablesOf& variables_of_;
  std::vector<std::string>& notes_;
  WeightPlaces places_;
};

}  // namespace

WeightPlaces locate_legacy_weights(const Hdf5File& file, const ModelSpec& model,
                                   const VariablesOf& variables_of, std::vector<std::string>& notes) {
  return LegacyPlaces(file, variables_of, notes).find(model);
}

}  // namespace tf_injector::detail::keras
