#include "graph/ops/slice.hpp"

#include "graph/ops/expect.hpp"

namespace tf_injector::ops {

Shape infer_shape(const Slice& op, std::span<const Shape> inputs) {
  const Shape& in = expect_one(inputs);
  if (static_cast<int>(op.axes.size()) != in.rank()) {
    throw ModelError("expected a slice of " + std::to_string(in.rank()) + " axes, found " +
                     std::to_string(op.axes.size()));
  }
  std::vector<int64_t> dims;
  for (size_t a = 0; a < op.axes.size(); ++a) {
    const SliceAxis& axis = op.axes[a];
    const int64_t last = axis.begin + (axis.count - 1) * axis.step;
    const int64_t length = in[static_cast<int>(a)];
    if (axis.count < 1 || axis.begin < 0 || axis.begin >= length || last < 0 || last >= length) {
      throw ModelError("a slice takes nothing or leaves the axis: begin " + std::to_string(axis.begin) +
                       ", step " + std::to_string(axis.step) + ", count " + std::to_string(axis.count) +
                       " of " + std::to_string(length));
    }
    if (!axis.dropped) dims.push_back(axis.count);
  }
  return Shape(std::move(dims));
}

}  // namespace tf_injector::ops
