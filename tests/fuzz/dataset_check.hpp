// What holds of every test set that is read from files.
#pragma once

#include "fuzz_target.hpp"
#include "tf_injector/dataset.hpp"

namespace tf_injector::detail::fuzz {

inline void check_dataset(const Dataset& dataset) {
  require(!dataset.labels.empty() && !dataset.inputs.empty(), "a set without images or labels");
  for (const int32_t label : dataset.labels) require(label >= 0, "a label below 0");
  for (const DatasetInput& input : dataset.inputs) {
    size_t elements = dataset.labels.size();
    for (const int64_t size : input.shape) {
      require(size >= 0, "a negative size");
      require(!__builtin_mul_overflow(elements, static_cast<size_t>(size), &elements),
              "a size that overflows");
    }
    require((input.is_float ? input.floats.size() : input.bytes.size()) == elements,
            "images of another size");
    require((input.is_float ? input.bytes.size() : input.floats.size()) == 0, "images of two types");
  }
}

}  // namespace tf_injector::detail::fuzz
