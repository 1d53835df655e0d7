// DepthwiseConv2D: the SIMD kernel of one filter per channel, and the reference, which is that of a Conv2D
// with as many groups as channels.
#include "kernels/candidates.hpp"
#include "kernels/channel_conv2d.hpp"

namespace tf_injector {
namespace {

Conv2DParts parts_of(const ops::DepthwiseConv2D& op, const KernelContext& context) {
  return {ref::conv2d_geometry(op, context.inputs[0], context.output,
                               context.explicit_padding ? &*context.explicit_padding : nullptr),
          op.kernel, op.bias};
}

}  // namespace

std::unique_ptr<Kernel> make_kernel(const ops::DepthwiseConv2D& op, const KernelContext& context) {
  using Depthwise = ops::DepthwiseConv2D;
  return first_candidate<Depthwise>(
      op, context,
      {{[](const Depthwise& o, const KernelContext& c) { return refuse_channel_conv2d(parts_of(o, c), c); },
        [](const Depthwise& o, const KernelContext& c) { return make_channel_conv2d(parts_of(o, c), c); }},
       {refuse_never<Depthwise>, [](const Depthwise& o, const KernelContext& c) {
          return make_reference_conv2d(parts_of(o, c), c);
        }}});
}

}  // namespace tf_injector
