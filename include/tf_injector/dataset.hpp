// A test set in memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tf_injector {

// Values that are only read, with whoever owns their memory. Copies share it.
template <typename Value>
class SharedArray {
 public:
  SharedArray() = default;
  SharedArray(
      std::vector<Value> values) {  // NOLINT(google-explicit-constructor): a vector is one way to have values
    auto owner = std::make_shared<const std::vector<Value>>(std::move(values));
    values_ = *owner;
    owner_ = std::move(owner);
  }
  // Values of somebody else's, which must stay as they are while `owner` lives.
  SharedArray(std::span<const Value> values, std::shared_ptr<const void> owner)
      : values_(values), owner_(std::move(owner)) {}

  [[nodiscard]] const Value* data() const noexcept { return values_.data(); }
  [[nodiscard]] size_t size() const noexcept { return values_.size(); }
  [[nodiscard]] bool empty() const noexcept { return values_.empty(); }
  [[nodiscard]] const Value& operator[](size_t i) const noexcept { return values_[i]; }
  [[nodiscard]] auto begin() const noexcept { return values_.begin(); }
  [[nodiscard]] auto end() const noexcept { return values_.end(); }
  [[nodiscard]] std::span<const Value> span() const noexcept { return values_; }
  [[nodiscard]] std::vector<Value> copy() const { return {begin(), end()}; }
  friend bool operator==(const SharedArray& a, const SharedArray& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::span<const Value> values_;
  std::shared_ptr<const void> owner_;
};

// N images of one shape with their labels, as stored: uint8 (to be preprocessed) or float32 (fed as it is,
// but for `needs_preprocessing`). Models of several inputs have one array per input; most have one, with an
// empty name.
struct DatasetInput {
  std::string name = {};            // Keras input name for models of several inputs, else ""
  std::vector<int64_t> shape = {};  // of one image: (H, W, C)
  bool is_float = false;
  bool needs_preprocessing =
      false;  // float32 of 0..255, preprocessed as uint8 is (GTSRB resized as TensorFlow does)
  SharedArray<uint8_t> bytes = {};  // N x elements, when !is_float
  SharedArray<float> floats = {};   // N x elements, when is_float
};

struct Dataset {
  std::string name = {};    // "CIFAR10", or the file's stem
  std::string source = {};  // the file or folder it came from
  std::string sha256 = {};  // of the images and labels as loaded, whatever container they came in
  std::vector<DatasetInput> inputs = {};
  std::vector<int32_t> labels = {};  // N

  [[nodiscard]] size_t size() const noexcept { return labels.size(); }
  // Memory of the images and labels.
  [[nodiscard]] size_t bytes() const noexcept {
    size_t bytes = labels.capacity() * sizeof(int32_t);
    for (const DatasetInput& input : inputs)
      bytes += input.bytes.size() + input.floats.size() * sizeof(float);
    return bytes;
  }
};

}  // namespace tf_injector
