#include "graph/ops/resize.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const Resize& op, std::span<const Shape> inputs) {
  const Shape& in = expect_image(inputs);
  for (int axis : {0, 1}) {
    expect_within(in[axis], 1, "an axis");
    expect_within(op.size[static_cast<size_t>(axis)], 1, "an axis");
  }
  return Shape{op.size[0], op.size[1], in[2]};
}

const char* resize_name(ResizeMethod method) {
  switch (method) {
    case ResizeMethod::nearest:
      return "nearest";
    case ResizeMethod::bilinear:
      return "bilinear";
    case ResizeMethod::bicubic:
      return "bicubic";
    case ResizeMethod::area:
      return "area";
    case ResizeMethod::lanczos3:
      return "lanczos3";
    case ResizeMethod::lanczos5:
      return "lanczos5";
    case ResizeMethod::gaussian:
      return "gaussian";
    case ResizeMethod::mitchellcubic:
      return "mitchellcubic";
  }
  return "?";
}

}  // namespace tf_injector::detail::ops
