// DepthwiseConv2D: the ways to run it, fastest first. The reference is that of a Conv2D with as many groups
// as channels.
#include "kernels/candidates.hpp"
#include "kernels/convolutions/conv2d_candidates.hpp"

namespace tf_injector::detail {

std::unique_ptr<Kernel> make_kernel(const ops::DepthwiseConv2D& op, const KernelContext& context) {
  const auto* padding = context.explicit_padding ? &*context.explicit_padding : nullptr;
  const Conv2DParts parts{ref::conv2d_geometry(op, context.inputs[0], context.output, padding), op.kernel,
                          op.bias};
  return first_candidate(
      ops::DepthwiseConv2D::kName, parts, context,
      {{refuse_channel_conv2d, make_channel_conv2d}, {refuse_never<Conv2DParts>, make_reference_conv2d}});
}

}  // namespace tf_injector::detail
