// The order in which Keras lists the weights of a nested model in a legacy .h5 file, and what the names that
// stand there say about it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "keras/layer_table.hpp"
#include "keras/model_spec.hpp"

namespace tf_injector::keras {

// A weight of a layer somewhere in the model.
struct Slot {
  const LayerSpec* layer = nullptr;
  size_t index = 0;  // among the layer's variables
  Variable variable;

  friend bool operator==(const Slot& a, const Slot& b) { return a.layer == b.layer && a.index == b.index; }
};

// A layer and its weights, or a model and its layers.
struct SlotTree {
  const LayerSpec* layer = nullptr;
  std::vector<Slot> own;        // of a layer that is not a model
  std::vector<SlotTree> inner;  // of a model
  bool is_model = false;
  bool trainable = true;  // the flag of this layer or model alone
};

// Orders of one layer's or model's weights.
class SavedOrder {
 public:
  SavedOrder(SlotTree tree, Generation generation) : tree_(std::move(tree)), generation_(generation) {}

  // As Keras lists the weights when it loads a file.
  [[nodiscard]] std::vector<Slot> loading() const;
  // Those of the orders that are `wanted` in which Keras can have listed them when the file was saved: models
  // may have been frozen and some of their layers thawed afterwards, which no flag in the file tells.
  [[nodiscard]] std::vector<std::vector<Slot>> saving(
      const std::function<bool(const std::vector<Slot>&)>& wanted) const;

 private:
  SlotTree tree_;
  Generation generation_;
};

// What names of weights say about an order of slots, name i being that of slot i.
struct NameEvidence {
  bool every_name_fits = false;  // "conv2d_1/kernel:0" for the kernel of the layer conv2d_1, and so on
  bool names_all_slots = false;  // every name is the one of exactly one slot, here or elsewhere in the order
  bool variables_fit = false;    // no kernel is named "gamma"
  bool layers_stay_together =
      false;  // the names of a layer's weights begin alike, those of other layers not so
};
[[nodiscard]] NameEvidence compare_names(const std::vector<Slot>& order,
                                         const std::vector<std::string>& names);

}  // namespace tf_injector::keras
