// The orders in which Keras lists the weights of a nested model in a legacy .h5 file, and what their names
// say about the order.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "keras/layer_table.hpp"
#include "keras/model_spec.hpp"

namespace tf_injector::detail::keras {

// A weight of some layer of the model.
struct Slot {
  const LayerSpec* layer = nullptr;
  size_t index = 0;  // of the layer's variable
  Variable variable;

  friend bool operator==(const Slot& a, const Slot& b) { return a.layer == b.layer && a.index == b.index; }
};

// A layer and its weights, or a model and its layers.
struct SlotTree {
  const LayerSpec* layer = nullptr;
  std::vector<Slot> own;        // of a layer that is not a model
  std::vector<SlotTree> inner;  // of a model
  bool is_model = false;
  bool trainable = true;  // the flag of this layer or model itself
};

// The orders of the weights of one layer or model.
class SavedOrder {
 public:
  SavedOrder(SlotTree tree, Generation generation) : tree_(std::move(tree)), generation_(generation) {}

  // The order in which Keras lists the weights when it loads a file.
  [[nodiscard]] std::vector<Slot> loading() const;
  // The `wanted` ones of the orders in which Keras may have listed the weights when it saved the file. There
  // are several, because a model may have been frozen and some of its layers unfrozen, which the file does
  // not tell.
  [[nodiscard]] std::vector<std::vector<Slot>> saving(
      const std::function<bool(const std::vector<Slot>&)>& wanted) const;

 private:
  SlotTree tree_;
  Generation generation_;
};

// What the names of weights say about an order of slots, if name i belongs to slot i.
struct NameEvidence {
  bool every_name_fits = false;       // "conv2d_1/kernel:0" for the kernel of the layer conv2d_1, and so on
  bool names_all_slots = false;       // every name is that of exactly one slot, at any position
  bool variables_fit = false;         // every weight is named like its variable: no kernel is named "gamma"
  bool layers_stay_together = false;  // the names of a layer's weights, and no others, share a prefix
};
[[nodiscard]] NameEvidence compare_names(const std::vector<Slot>& order,
                                         const std::vector<std::string>& names);

}  // namespace tf_injector::detail::keras
