#include "graph/ops/function.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const Function&, std::span<const Shape> inputs) { return expect_one(inputs); }

const char* function_name(FunctionKind kind) {
  switch (kind) {
    case FunctionKind::exponential:
      return "exponential";
    case FunctionKind::sigmoid:
      return "sigmoid";
    case FunctionKind::silu:
      return "silu";
    case FunctionKind::tanh:
      return "tanh";
    case FunctionKind::softplus:
      return "softplus";
    case FunctionKind::softsign:
      return "softsign";
    case FunctionKind::mish:
      return "mish";
    case FunctionKind::elu:
      return "elu";
    case FunctionKind::selu:
      return "selu";
    case FunctionKind::gelu:
      return "gelu";
    case FunctionKind::gelu_tanh:
      return "gelu_tanh";
    case FunctionKind::leaky_relu:
      return "leaky_relu";
    case FunctionKind::hard_sigmoid:
      return "hard_sigmoid";
    case FunctionKind::hard_sigmoid_6:
      return "hard_sigmoid_6";
    case FunctionKind::hard_silu:
      return "hard_silu";
    case FunctionKind::round:
      return "round";
    case FunctionKind::general_relu:
      return "general_relu";
  }
  return "?";
}

}  // namespace tf_injector::detail::ops
