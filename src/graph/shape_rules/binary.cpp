#include "graph/ops/binary.hpp"

#include <algorithm>

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape broadcast_shape(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::vector<int64_t> dims;
  for (int axis = 0; axis < rank; ++axis) {
    const int ia = axis - (rank - a.rank()), ib = axis - (rank - b.rank());
    const int64_t da = ia < 0 ? 1 : a[ia], db = ib < 0 ? 1 : b[ib];
    if (da != db && da != 1 && db != 1) {
      throw ModelError("cannot stretch " + a.to_string() + " and " + b.to_string() + " to one shape");
    }
    dims.push_back(da == 1 ? db : da);
  }
  return Shape(std::move(dims));
}

Shape infer_shape(const Binary& op, std::span<const Shape> inputs) {
  if (op.constant != kNoWeight) {
    const Shape& in = expect_one(inputs);
    if (op.constant_shape.rank() > in.rank()) {
      throw ModelError("expected a constant of at most " + std::to_string(in.rank()) + " axes, found " +
                       op.constant_shape.to_string());
    }
    return broadcast_shape(in, op.constant_shape);
  }
  if (inputs.size() != 2) throw ModelError("expected two inputs, found " + std::to_string(inputs.size()));
  if (inputs[0].rank() != inputs[1].rank()) {
    throw ModelError("expected inputs with the same number of axes, found " + inputs[0].to_string() +
                     " and " + inputs[1].to_string());
  }
  return broadcast_shape(inputs[0], inputs[1]);
}

const char* binary_name(BinaryKind kind) {
  switch (kind) {
    case BinaryKind::add:
      return "add";
    case BinaryKind::subtract:
      return "subtract";
    case BinaryKind::multiply:
      return "multiply";
    case BinaryKind::divide:
      return "divide";
    case BinaryKind::maximum:
      return "maximum";
    case BinaryKind::minimum:
      return "minimum";
  }
  return "?";
}

}  // namespace tf_injector::detail::ops
