// The golden activations of one image, and of every ReLU'd convolution what lies before the ReLU.
#pragma once

#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "plan/plan.hpp"
#include "replay/arrays.hpp"
#include "replay/plan/replay_plan.hpp"

namespace tf_injector::detail::replay {

struct GoldenActivationsArrays {
  std::vector<AlignedBuffer> values_;  // per value
  // Per value that a ClippedBound asks for: squared norm per position, once it was asked for; else unknown.
  mutable std::vector<AlignedBuffer> squares_;
  std::vector<AlignedBuffer> before_;  // per step with a ClippedBound: its output before the ReLU
  std::vector<const float*> pointers_;

  template <class To>
  void list_arrays(const ReplaySizes& sizes, To& to) {
    const auto each = [&](std::vector<AlignedBuffer>& arrays, const std::vector<int64_t>& floats) {
      to.repeat(arrays, static_cast<int64_t>(floats.size()), [&](AlignedBuffer& array, int64_t i) {
        if (floats[idx(i)] > 0) to.add(array, floats[idx(i)]);
      });
    };
    each(values_, sizes.values);
    each(squares_, sizes.squares);
    each(before_, sizes.before);
    to.add(pointers_, sizes.reads);
  }
};

class GoldenActivations : GoldenActivationsArrays {
 public:
  explicit GoldenActivations(const ReplayPlan& plan);

  // inputs[i]: the image's values of the model's input i, preprocessed.
  void run(std::span<const std::span<const float>> inputs, BatchContext context);
  // Steps 0..end-1 once more, on the image that run saw last.
  void run_again(size_t end, BatchContext context);

  [[nodiscard]] const float* value(int value) const { return values_[static_cast<size_t>(value)].data(); }
  [[nodiscard]] const float* pixel(int value, int64_t position) const {
    return this->value(value) + position * plan_.values()[static_cast<size_t>(value)].channels;
  }
  // What a ClippedBound asks for, of one output position.
  struct BeforeRelu {
    const float* y = nullptr;                  // [cout], a vector of padding behind the last position
    float input_norm = 0.0f, add_norm = 0.0f;  // of the inputs under the window, of the Add's operand
  };
  // Of a step with a ClippedBound. One thread at a time: it keeps what it sums up.
  [[nodiscard]] BeforeRelu before_relu(size_t step, int64_t position) const;

 private:
  [[nodiscard]] KernelArgs args(size_t step, BatchContext context);
  void run_step(size_t step, BatchContext context);
  [[nodiscard]] float square(int value, int64_t position) const;

  const ReplayPlan& plan_;
  static constexpr float kUnknown = -1.0f;  // a square
};

}  // namespace tf_injector::detail::replay
