// The SIMD convolution with groups of several filters each: group by group as Conv2D, the vectors across the
// filters of a group.
#pragma once

#include <memory>
#include <string>

#include "kernels/conv2d.hpp"

namespace tf_injector {

// Empty: can do it. Otherwise why not.
[[nodiscard]] std::string refuse_grouped_conv2d(const Conv2DParts& parts, const KernelContext& context);
[[nodiscard]] std::unique_ptr<Kernel> make_grouped_conv2d(const Conv2DParts& parts,
                                                          const KernelContext& context);

}  // namespace tf_injector
