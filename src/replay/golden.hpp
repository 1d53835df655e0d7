// The golden activations of one image, and of every ReLU'd convolution how far below zero its outputs lie.
#pragma once

#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "plan/plan.hpp"
#include "replay/replay_plan.hpp"

namespace tf_injector::replay {

class Golden {
 public:
  explicit Golden(const ReplayPlan& plan);

  // inputs[i]: the image's values of the model's input i, preprocessed.
  void run(std::span<const std::span<const float>> inputs, BatchContext context);
  // Steps 0..end-1 once more, on the image that run saw last.
  void run_again(size_t end, BatchContext context);

  [[nodiscard]] const float* value(int value) const { return values_[static_cast<size_t>(value)].data(); }
  [[nodiscard]] const float* pixel(int value, int64_t position) const {
    return this->value(value) + position * plan_.values()[static_cast<size_t>(value)].channels;
  }
  // Of a step with a DeadBound: [cout] of a position, padded to whole vectors.
  [[nodiscard]] const float* margin(size_t step, int64_t position) const {
    const MarginArray& m = margins_[step];
    return m.values.data() + position * m.stride;
  }

 private:
  struct MarginArray {
    AlignedBuffer values;
    int64_t stride = 0;
  };
  void run_step(size_t step, BatchContext context);
  void run_with_margin(size_t step, BatchContext context);

  const ReplayPlan& plan_;
  std::vector<AlignedBuffer> values_;   // per value
  std::vector<AlignedBuffer> squares_;  // per value that a DeadBound asks for: squared norm per position
  std::vector<MarginArray> margins_;    // per step
  AlignedBuffer sums_;
  PositionScratch scratch_;
  std::vector<const float*> pointers_;
};

}  // namespace tf_injector::replay
