// Which data sets of a legacy .h5 file are the weights of which layer.
#pragma once

#include "keras/weights/weights.hpp"

namespace tf_injector::keras {

// Such a file has a group for each layer of the outermost model, which lists names of data sets. That of a
// nested model lists the weights of all its layers, those that are trained first.
// The order is the one by which Keras loads them, unless their names say that they were saved in another:
// then the names decide, and `notes` gets a line about it. Throws ModelError: no group for a layer, another
// number of weights, names that contradict every order in which Keras saves.
[[nodiscard]] WeightPlaces locate_legacy_weights(const Hdf5File& file, const ModelSpec& model,
                                                 const VariablesOf& variables_of,
                                                 std::vector<std::string>& notes);

}  // namespace tf_injector::keras
