// The ways to run a convolution, of Conv2D and DepthwiseConv2D: conv2d.cpp and depthwise_conv2d.cpp list them
// in order, each is defined in a file of its own.
#pragma once

#include <memory>
#include <string>

#include "kernels/kernel.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail {

struct Conv2DParts {
  ref::Conv2DGeometry geometry;
  WeightId kernel = kNoWeight, bias = kNoWeight;
};
[[nodiscard]] int64_t multiply_adds_of(const ref::Conv2DGeometry& g);

// refuse_..: empty: can do it. Otherwise why not.

// One chain per sum, the vectors across the filters (simd_conv2d.cpp).
[[nodiscard]] std::string refuse_simd_conv2d(const Conv2DParts& parts, const KernelContext& context);
[[nodiscard]] std::unique_ptr<Kernel> make_simd_conv2d(const Conv2DParts& parts,
                                                       const KernelContext& context);

// A 1x1 convolution that reads every pixel once, run as a Dense layer over the pixels: its sums are cut into
// blocks (dense.cpp).
[[nodiscard]] std::string refuse_pointwise_conv2d(const Conv2DParts& parts, const KernelContext& context);
[[nodiscard]] std::unique_ptr<Kernel> make_pointwise_conv2d(const Conv2DParts& parts,
                                                            const KernelContext& context);

// Every channel on its own: DepthwiseConv2D with multiplier 1, and Conv2D with as many groups as channels and
// filters. The vectors lie across the channels (channel_conv2d.cpp).
[[nodiscard]] std::string refuse_channel_conv2d(const Conv2DParts& parts, const KernelContext& context);
[[nodiscard]] std::unique_ptr<Kernel> make_channel_conv2d(const Conv2DParts& parts,
                                                          const KernelContext& context);

// Groups of several filters each: group by group, the vectors across the filters of a group
// (grouped_conv2d.cpp).
[[nodiscard]] std::string refuse_grouped_conv2d(const Conv2DParts& parts, const KernelContext& context);
[[nodiscard]] std::unique_ptr<Kernel> make_grouped_conv2d(const Conv2DParts& parts,
                                                          const KernelContext& context);

// Any convolution; it defines the result (reference_conv2d.cpp).
[[nodiscard]] std::unique_ptr<Kernel> make_reference_conv2d(const Conv2DParts& parts,
                                                            const KernelContext& context);

}  // namespace tf_injector::detail
