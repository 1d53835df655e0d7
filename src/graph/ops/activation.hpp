// relu and relu6 of every element of a tensor; other functions are ops::Function.
#pragma once
#include <span>

#include "core/shape.hpp"

namespace tf_injector::detail::ops {

// A linear activation is no node.
enum class ActivationKind { relu, relu6 };
// "relu", "relu6"
[[nodiscard]] const char* activation_name(ActivationKind kind);

struct Activation {
  static constexpr const char* kName = "Activation";
  ActivationKind kind = ActivationKind::relu;
};

Shape infer_shape(const Activation& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
