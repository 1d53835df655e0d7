// Finds the data sets of a legacy .h5 file that are the weights of each layer.
#pragma once

#include "keras/weights/weights.hpp"

namespace tf_injector::detail::keras {

// Such a file has a group for each layer of the outermost model, which lists the names of data sets. The
// group of a nested model lists the weights of all its layers, trainable ones first. The data sets are
// assigned in the order in which Keras loads them, unless their names show that they were saved in another
// order: then the names decide, and a line is added to `notes`. Throws ModelError: no group for a layer, a
// wrong number of weights, names that contradict every order in which Keras saves.
[[nodiscard]] WeightPlaces locate_legacy_weights(const Hdf5File& file, const ModelSpec& model,
                                                 const VariablesOf& variables_of,
                                                 std::vector<std::string>& notes);

}  // namespace tf_injector::detail::keras
