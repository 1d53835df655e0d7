// A model input: values come from the data set.
#pragma once
#include <string>

namespace tf_injector::ops {

struct Input {
  static constexpr const char* kName = "Input";
  std::string name;  // name of the Keras input (feeds models of several inputs by name)
};

}  // namespace tf_injector::ops
