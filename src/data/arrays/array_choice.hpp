// Decides by their names which arrays of a source are the images and which the labels. Other arrays are never
// read.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/arrays/array_source.hpp"

namespace tf_injector::detail::data {

struct ArrayChoice {
  struct Images {
    std::string array;  // its name in the source
    std::string input;  // the model input that it feeds; "" if the model has one and the array is 'x' or
                        // 'x_test'
  };
  std::vector<Images> images;  // sorted by array name
  std::string labels;          // name of the array
  std::string remark;          // for the user, when the choice is not obvious; else ""
};

// `inputs`: the names of the model's inputs; empty means one input of any name. One input takes the array of
// its name, else 'x', with labels 'y'; else 'x_test' with 'y_test'; else, of an .npz, the only array other
// than 'y'. Several inputs take the arrays of their names, with labels 'y'. Returns nothing if the source is
// a folder that holds none of these. Throws DatasetError, which lists the arrays and says how to rename them.
[[nodiscard]] std::optional<ArrayChoice> choose_arrays(const ArraySource& source,
                                                       std::span<const std::string> inputs);

}  // namespace tf_injector::detail::data
