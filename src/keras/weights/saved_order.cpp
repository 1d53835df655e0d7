#include "keras/weights/saved_order.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <map>
#include <set>
#include <string_view>

namespace tf_injector::detail::keras {
namespace {

// The flags of models are not tried if that would take more steps: no real network needs so many.
constexpr size_t kMostWork = 2'000'000;

void append(std::vector<Slot>& slots, std::vector<Slot> more) {
  slots.insert(slots.end(), more.begin(), more.end());
}

std::vector<Slot> own_slots(const SlotTree& tree, bool trained) {
  std::vector<Slot> slots;
  std::copy_if(tree.own.begin(), tree.own.end(), std::back_inserter(slots),
               [&](const Slot& slot) { return slot.variable.trainable == trained; });
  return slots;
}

// Keras 2: `trainable_weights`, level by level. (engine/training.py and engine/base_layer.py)
std::vector<Slot> trained_weights(const SlotTree& tree) {
  if (!tree.trainable) return {};
  if (!tree.is_model) return own_slots(tree, true);
  std::vector<Slot> slots;
  for (const SlotTree& inner : tree.inner) append(slots, trained_weights(inner));
  return slots;
}

// `non_trainable_weights`: for a frozen model first the weights that its layers would train.
std::vector<Slot> other_weights(const SlotTree& tree) {
  std::vector<Slot> slots;
  if (!tree.is_model) {
    if (!tree.trainable) slots = own_slots(tree, true);
    append(slots, own_slots(tree, false));
    return slots;
  }
  if (!tree.trainable) {
    for (const SlotTree& inner : tree.inner) append(slots, trained_weights(inner));
  }
  for (const SlotTree& inner : tree.inner) append(slots, other_weights(inner));
  return slots;
}

// Keras 3: `weights`, trainable ones first unless the whole model is frozen.
void collect(const SlotTree& tree, std::vector<Slot>& trained, std::vector<Slot>& others) {
  if (!tree.is_model) {
    if (tree.trainable) append(trained, own_slots(tree, true));
    if (!tree.trainable) append(others, own_slots(tree, true));
    append(others, own_slots(tree, false));
  }
  for (const SlotTree& inner : tree.inner) collect(inner, trained, others);
}

void collect_in_order(const SlotTree& tree, std::vector<Slot>& slots) {
  append(slots, tree.own);
  for (const SlotTree& inner : tree.inner) collect_in_order(inner, slots);
}

std::vector<Slot> order_of(const SlotTree& tree, Generation generation) {
  std::vector<Slot> order, others;
  if (generation == Generation::keras2) {
    order = trained_weights(tree);
    others = other_weights(tree);
  } else if (tree.is_model && !tree.trainable) {
    collect_in_order(tree, order);
  } else {
    collect(tree, order, others);
  }
  append(order, std::move(others));
  return order;
}

void list_models(SlotTree& tree, std::vector<SlotTree*>& models) {
  if (tree.is_model) models.push_back(&tree);
  for (SlotTree& inner : tree.inner) list_models(inner, models);
}

// The number of layers with trainable weights whose own flag is set. If it is 0, the flag of the model
// changes no order.
size_t trained_inside(const SlotTree& tree) {
  size_t count = !tree.is_model && tree.trainable && !own_slots(tree, true).empty() ? 1 : 0;
  for (const SlotTree& inner : tree.inner) count += trained_inside(inner);
  return count;
}

struct WeightName {
  std::string_view prefix;    // "block/conv2d_1" of "block/conv2d_1/kernel:0"
  std::string_view owner;     // "conv2d_1"
  std::string_view variable;  // "kernel"
};

bool is_variable(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "alpha",       "beta",          "bias",        "count",         "depthwise_kernel", "gamma",
      "kernel",      "mean",          "moving_mean", "moving_stddev", "moving_variance",  "pointwise_kernel",
      "renorm_mean", "renorm_stddev", "variance"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

// The name without the number that TensorFlow 1 appends to a repeated name of a variable: "kernel" for
// "kernel_1".
std::string_view without_number(std::string_view name) {
  size_t end = name.size();
  while (end > 0 && std::isdigit(static_cast<unsigned char>(name[end - 1])) != 0) --end;
  return end < name.size() && end > 1 && name[end - 1] == '_' ? name.substr(0, end - 1) : name;
}

WeightName parsed(std::string_view name) {
  name = name.substr(0, name.find(':'));
  WeightName parts;
  const size_t bar = name.rfind('/');
  parts.variable = bar == std::string_view::npos ? name : name.substr(bar + 1);
  if (!is_variable(parts.variable)) parts.variable = without_number(parts.variable);
  if (bar == std::string_view::npos) return parts;
  parts.prefix = name.substr(0, bar);
  const size_t before = parts.prefix.rfind('/');
  parts.owner = before == std::string_view::npos ? parts.prefix : parts.prefix.substr(before + 1);
  return parts;
}

}  // namespace

std::vector<Slot> SavedOrder::loading() const {
  SlotTree loaded = tree_;
  std::vector<SlotTree*> models;
  list_models(loaded, models);
  // Keras does not restore the flag of a model when it loads a file, except Keras 3 that of a Functional
  // model.
  for (SlotTree* model : models) {
    if (generation_ == Generation::keras2 || model->layer->model->class_name == "Sequential")
      model->trainable = true;
  }
  return order_of(loaded, generation_);
}

std::vector<std::vector<Slot>> SavedOrder::saving(
    const std::function<bool(const std::vector<Slot>&)>& wanted) const {
  SlotTree saved = tree_;
  std::vector<SlotTree*> models;
  list_models(saved, models);
  std::erase_if(models, [](const SlotTree* model) { return trained_inside(*model) == 0; });
  const size_t slots = loading().size();
  std::vector<std::vector<Slot>> orders;
  if (models.size() >= 30 || slots << models.size() > kMostWork) return orders;
  for (size_t flags = 0; flags < size_t{1} << models.size(); ++flags) {
    for (size_t m = 0; m < models.size(); ++m) models[m]->trainable = (flags >> m & 1) == 0;
    std::vector<Slot> order = order_of(saved, generation_);
    if (wanted(order) && std::find(orders.begin(), orders.end(), order) == orders.end())
      orders.push_back(std::move(order));
  }
  return orders;
}

NameEvidence compare_names(const std::vector<Slot>& order, const std::vector<std::string>& names) {
  NameEvidence evidence{true, true, true, true};
  std::set<std::pair<std::string_view, std::string_view>> named, wanted;
  std::map<const LayerSpec*, std::string_view> prefix_of;
  std::map<std::string_view, const LayerSpec*> layer_of;
  for (size_t i = 0; i < order.size(); ++i) {
    const WeightName name = parsed(names.at(i));
    const std::string_view layer = order[i].layer->name, variable = order[i].variable.name;
    // In Keras 3 the kernel of a DepthwiseConv2D is named "kernel".
    const bool fits =
        name.variable == variable || (name.variable == "kernel" && variable == "depthwise_kernel");
    if (!fits && is_variable(name.variable)) evidence.variables_fit = false;
    if (!fits || name.owner != layer) evidence.every_name_fits = false;
    named.emplace(name.owner, fits ? variable : name.variable);
    wanted.emplace(layer, variable);
    if (prefix_of.emplace(order[i].layer, name.prefix).first->second != name.prefix ||
        layer_of.emplace(name.prefix, order[i].layer).first->second != order[i].layer)
      evidence.layers_stay_together = false;
  }
  evidence.names_all_slots = named == wanted && named.size() == order.size();
  return evidence;
}

}  // namespace tf_injector::detail::keras
