// Finds the weights of every layer in the HDF5 file.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "keras/archive.hpp"
#include "keras/layer_table.hpp"
#include "keras/model_spec.hpp"

namespace tf_injector::detail::keras {

using VariablesOf = std::function<std::vector<Variable>(const LayerSpec&)>;
// The data sets of each layer that has weights, in the order of its variables.
using WeightPlaces = std::unordered_map<const LayerSpec*, std::vector<std::string>>;

// Throws ModelError if the file has no weights for a layer, or not as many as the layer has variables. What a
// user should know is added to `notes`, a line each.
[[nodiscard]] WeightPlaces locate_weights(const Archive& archive, const ModelSpec& model,
                                          const VariablesOf& variables_of, std::vector<std::string>& notes);

// "ZeroPadding2D" -> "zero_padding2d", as Keras names groups of weights.
[[nodiscard]] std::string snake_case(const std::string& class_name);

}  // namespace tf_injector::detail::keras
