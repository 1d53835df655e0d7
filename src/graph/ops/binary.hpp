// An arithmetic operation on two tensors, or on a tensor and a constant, element by element, with
// broadcasting.
#pragma once
#include <span>

#include "core/shape.hpp"
#include "graph/weight.hpp"

namespace tf_injector::detail::ops {

enum class BinaryKind { add, subtract, multiply, divide, maximum, minimum };
// "add", "subtract", ...
[[nodiscard]] const char* binary_name(BinaryKind kind);

struct Binary {
  static constexpr const char* kName = "Binary";
  BinaryKind kind = BinaryKind::add;
  // The second operand if it is not a tensor of the network; then the op has one input.
  WeightId constant = kNoWeight;
  Shape constant_shape = {};    // of that weight, for broadcasting; without the batch
  bool constant_first = false;  // constant - x instead of x - constant
};

// Two inputs must have the same rank: otherwise the batch axis of one would be broadcast.
Shape infer_shape(const Binary& op, std::span<const Shape> inputs);

// The broadcast shape of a and b: axes aligned at the end, axes of length 1 stretched. Throws ModelError.
[[nodiscard]] Shape broadcast_shape(const Shape& a, const Shape& b);

}  // namespace tf_injector::detail::ops
