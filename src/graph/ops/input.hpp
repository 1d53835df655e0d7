// A model input: values come from the data set.
#pragma once
#include <string>

#include "graph/number_type.hpp"

namespace tf_injector::ops {

struct Input {
  static constexpr const char* kName = "Input";
  std::string name;  // name of the Keras input (feeds models of several inputs by name)
  // As which Keras takes what it is fed (`stored_as`). Where it is an integer type, the model makes float32
  // of it itself, and 8-bit images are fed as they are.
  NumberType type = NumberType::float32;
};

}  // namespace tf_injector::ops
