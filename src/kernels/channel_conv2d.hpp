// The SIMD convolution of every channel on its own: DepthwiseConv2D with multiplier 1, and Conv2D with as
// many groups as channels and filters. The vectors lie across the channels.
#pragma once

#include <memory>
#include <string>

#include "kernels/conv2d.hpp"

namespace tf_injector {

// Empty: can do it. Otherwise why not.
[[nodiscard]] std::string refuse_channel_conv2d(const Conv2DParts& parts, const KernelContext& context);
[[nodiscard]] std::unique_ptr<Kernel> make_channel_conv2d(const Conv2DParts& parts,
                                                          const KernelContext& context);

}  // namespace tf_injector
