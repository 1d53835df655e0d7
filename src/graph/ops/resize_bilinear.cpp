#include "graph/ops/resize_bilinear.hpp"

#include "graph/ops/expect.hpp"

namespace tf_injector::ops {

Shape infer_shape(const ResizeBilinear& op, std::span<const Shape> inputs) {
  const Shape& in = expect_image(inputs);
  int64_t sizes[2];
  for (int axis : {0, 1}) {
    const int64_t factor = op.factors[static_cast<size_t>(axis)];
    expect_within(factor, 1, "a factor");
    if (__builtin_mul_overflow(in[axis], factor, &sizes[axis])) sizes[axis] = kMaxAxis + 1;
    expect_within(sizes[axis], 1, "an axis");
  }
  return Shape{sizes[0], sizes[1], in[2]};
}

}  // namespace tf_injector::ops
