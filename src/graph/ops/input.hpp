// A model input: its values come from the data set.
#pragma once
#include <string>

#include "graph/number_type.hpp"

namespace tf_injector::detail::ops {

struct Input {
  static constexpr const char* kName = "Input";
  std::string name;  // of the Keras input: models of several inputs are fed by name
  // The type to which Keras converts what is fed (`stored_as`). If it is an integer type, the model itself
  // converts to float32, and 8-bit images are fed unchanged.
  NumberType type = NumberType::float32;
};

}  // namespace tf_injector::detail::ops
