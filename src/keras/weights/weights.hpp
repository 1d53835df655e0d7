// Where in the HDF5 file the weights of every layer lie.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "keras/archive.hpp"
#include "keras/layer_table.hpp"
#include "keras/model_spec.hpp"

namespace tf_injector::keras {

using VariablesOf = std::function<std::vector<Variable>(const LayerSpec&)>;
// Data sets of a layer, in the order of its variables; layers without weights are not in it.
using WeightPlaces = std::unordered_map<const LayerSpec*, std::vector<std::string>>;

// Throws ModelError: a layer has no weights in the file, or another number of them than its variables.
// `notes` gets lines about what a user should know.
[[nodiscard]] WeightPlaces locate_weights(const Archive& archive, const ModelSpec& model,
                                          const VariablesOf& variables_of, std::vector<std::string>& notes);

// "ZeroPadding2D" -> "zero_padding2d", as Keras names groups of weights.
[[nodiscard]] std::string snake_case(const std::string& class_name);

}  // namespace tf_injector::keras
