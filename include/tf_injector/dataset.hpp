// A test set in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tf_injector {

// N images of one shape with their labels, as stored: uint8 (to be preprocessed) or float32 (fed as it is,
// but for `needs_preprocessing`). Models of several inputs have one array per input; most have one, with an
// empty name.
struct DatasetInput {
  std::string name;            // Keras input name for models of several inputs, else ""
  std::vector<int64_t> shape;  // of one image: (H, W, C)
  bool is_float = false;
  bool needs_preprocessing =
      false;  // float32 of 0..255, preprocessed as uint8 is (GTSRB resized as TensorFlow does)
  std::vector<uint8_t> bytes;  // N x elements, when !is_float
  std::vector<float> floats;   // N x elements, when is_float
};

struct Dataset {
  std::string name;    // "CIFAR10", or the file's stem
  std::string source;  // the file or folder it came from
  std::string sha256;  // of the images and labels as loaded, whatever container they came in
  std::vector<DatasetInput> inputs;
  std::vector<int32_t> labels;  // N

  [[nodiscard]] size_t size() const noexcept { return labels.size(); }
  // Memory of the images and labels.
  [[nodiscard]] size_t bytes() const noexcept {
    size_t bytes = labels.capacity() * sizeof(int32_t);
    for (const DatasetInput& input : inputs)
      bytes += input.bytes.capacity() + input.floats.capacity() * sizeof(float);
    return bytes;
  }
};

}  // namespace tf_injector
