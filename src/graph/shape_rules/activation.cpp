#include "graph/ops/activation.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const Activation&, std::span<const Shape> inputs) { return expect_one(inputs); }

const char* activation_name(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::relu:
      return "relu";
    case ActivationKind::relu6:
      return "relu6";
  }
  return "?";
}

}  // namespace tf_injector::detail::ops
