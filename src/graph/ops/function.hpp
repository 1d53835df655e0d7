// A smooth or piecewise function of every element of one tensor; relu and relu6 are Activation.
#pragma once
#include <limits>
#include <span>

#include "core/shape.hpp"
#include "graph/ops/release.hpp"

namespace tf_injector::detail::ops {

// docs/numerics.md, "Functions of one element", defines the bits of each.
enum class FunctionKind {
  exponential,
  sigmoid,
  silu,  // swish: x * sigmoid(x)
  tanh,
  softplus,
  softsign,
  mish,
  elu,
  selu,
  gelu,
  gelu_tanh,       // gelu(approximate=True)
  leaky_relu,      // x > 0 ? x : x * alpha
  hard_sigmoid,    // Keras 2: clip(0.2 x + 0.5)
  hard_sigmoid_6,  // Keras 3: relu6(x + 3) / 6
  hard_silu,       // x * hard_sigmoid_6(x)
  round,           // to the nearest integer, halves to the even one
  general_relu,    // keras.activations.relu with a slope, a largest value and a threshold
};
// "sigmoid", "hard_silu"
[[nodiscard]] const char* function_name(FunctionKind kind);

struct Function {
  static constexpr const char* kName = "Function";
  FunctionKind kind = FunctionKind::sigmoid;
  TensorFlow release = TensorFlow::v2_14;  // matters for sigmoid, silu, tanh and functions built from them
  float alpha = 0.0f;                      // elu, leaky_relu, general_relu
  // general_relu only:
  float max_value = std::numeric_limits<float>::infinity();
  float threshold = 0.0f;
};

Shape infer_shape(const Function& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
