// Which arrays of a source are the images and the labels. The others are left unread, whatever they are.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/arrays/array_source.hpp"

namespace tf_injector::data {

struct ArrayChoice {
  struct Images {
    std::string array;  // its name in the source
    std::string
        input;  // the model's input that takes it; "" for the only one, where the array is 'x', 'x_test'
  };
  std::vector<Images> images;  // sorted by the array's name
  std::string labels;
  std::string remark;  // what was taken, where that is not plain; "" otherwise
};

// `inputs`: names of the model's inputs; none: one input of any name. For one input: the array of its name,
// else 'x', with 'y'; else 'x_test' with 'y_test'; else the only array beside 'y' (of an .npz). For several:
// an array of each one's name, with 'y'. Nothing where the source is a folder without any of these. Throws
// DatasetError: names what there is, and how to rename it.
[[nodiscard]] std::optional<ArrayChoice> choose_arrays(const ArraySource& source,
                                                       std::span<const std::string> inputs);

}  // namespace tf_injector::data
