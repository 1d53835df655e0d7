#include "graph/ops/mask.hpp"

#include "graph/shape_rules/expect.hpp"

namespace tf_injector::detail::ops {

Shape infer_shape(const Mask&, std::span<const Shape> inputs) { return expect_one(inputs); }

}  // namespace tf_injector::detail::ops
