// One arithmetic operation of two tensors, or of a tensor and a constant, element by element; axes of length
// 1 are stretched (broadcasting).
#pragma once
#include <span>

#include "core/shape.hpp"
#include "graph/weight.hpp"

namespace tf_injector::ops {

enum class BinaryKind { add, subtract, multiply, divide, maximum, minimum };
// "add", "subtract", ...
[[nodiscard]] const char* binary_name(BinaryKind kind);

struct Binary {
  static constexpr const char* kName = "Binary";
  BinaryKind kind = BinaryKind::add;
  // The second operand when it is not a tensor of the network; then there is one input.
  WeightId constant = kNoWeight;
  Shape constant_shape = {};    // of that weight, as it is stretched: the batch is no part of it
  bool constant_first = false;  // constant - x instead of x - constant
};

// Two inputs need the same rank: an axis that is missing would be the batch's.
Shape infer_shape(const Binary& op, std::span<const Shape> inputs);

// The shape of a and b, axes lined up at the end, those of length 1 stretched. Throws ModelError.
[[nodiscard]] Shape broadcast_shape(const Shape& a, const Shape& b);

}  // namespace tf_injector::ops
