// The table of supported Keras layers: one row per class, in layer_table.cpp, described in docs/layers.md.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "keras/call_context.hpp"

namespace tf_injector::detail::keras {

// A variable of a layer, in the order of get_weights().
struct Variable {
  const char* name;  // "kernel"
  bool trainable = true;
};

// Whether faults may hit weights[0]: the class is, or inherits, Conv2D or Dense.
enum class Injectable { no, yes };

struct LayerType {
  const char* class_name;
  Values (*import_call)(CallContext& call);            // adds the nodes of one call
  std::vector<Variable> (*variables)(Config& config);  // null: the layer has none
  Injectable injectable = Injectable::no;
};

[[nodiscard]] std::span<const LayerType> layer_types();
// True if the layer converts integers to float32. (The other layers pass them on or cannot take them.)
[[nodiscard]] bool makes_floats(std::string_view class_name, Generation generation);
// True if the layer computes something else in training: dropout and noise that are not zero, normalisation
// that is not frozen, random layers.
[[nodiscard]] bool differs_in_training(const LayerSpec& layer);
// Null if the class is not supported, also for a class of the same name from a module outside Keras.
[[nodiscard]] const LayerType* find_layer_type(const LayerSpec& layer);

}  // namespace tf_injector::detail::keras
