#include "graph/ops/slice.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const Slice& op, std::span<const Shape> inputs) {
  const Shape& in = expect_one(inputs);
  if (static_cast<int>(op.axes.size()) != in.rank()) {
    throw ModelError("expected a slice of " + std::to_string(in.rank()) + " axes, found " +
                     std::to_string(op.axes.size()));
  }
  std::vector<int64_t> dims;
  for (size_t a = 0; a < op.axes.size(); ++a) {
    const SliceAxis& axis = op.axes[a];
    const int64_t length = in[static_cast<int>(a)];
    int64_t last = 0;
    const bool no_last = axis.count < 1 || __builtin_mul_overflow(axis.count - 1, axis.step, &last) ||
                         __builtin_add_overflow(last, axis.begin, &last);
    if (no_last || axis.begin < 0 || axis.begin >= length || last < 0 || last >= length ||
        (axis.dropped && axis.count != 1)) {
      throw ModelError("a slice takes nothing or leaves the axis: begin " + std::to_string(axis.begin) +
                       ", step " + std::to_string(axis.step) + ", count " + std::to_string(axis.count) +
                       " of " + std::to_string(length));
    }
    if (!axis.dropped) dims.push_back(axis.count);
  }
  return Shape(std::move(dims));
}

}  // namespace tf_injector::detail::ops
