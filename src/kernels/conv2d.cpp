// Conv2D: the ways to run it, fastest first.
#include "kernels/candidates.hpp"
#include "kernels/convolutions/conv2d_candidates.hpp"

namespace tf_injector::detail {

std::unique_ptr<Kernel> make_kernel(const ops::Conv2D& op, const KernelContext& context) {
  const auto* padding = context.explicit_padding ? &*context.explicit_padding : nullptr;
  const Conv2DParts parts{ref::conv2d_geometry(op, context.inputs[0], context.output, padding), op.kernel,
                          op.bias};
  return first_candidate(ops::Conv2D::kName, parts, context,
                         {{refuse_simd_conv2d, make_simd_conv2d},
                          {refuse_pointwise_conv2d, make_pointwise_conv2d},
                          {refuse_channel_conv2d, make_channel_conv2d},
                          {refuse_grouped_conv2d, make_grouped_conv2d},
                          {refuse_never<Conv2DParts>, make_reference_conv2d}});
}

}  // namespace tf_injector::detail
