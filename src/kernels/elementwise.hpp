// The kernel of BatchNormalization, Activation and Add as separate steps: it applies an Epilogue to an array.
#pragma once

#include <memory>

#include "kernels/kernel.hpp"

namespace tf_injector::detail {

// A kernel that applies `context.epilogue` to its first input, whose shape is context.output.
[[nodiscard]] std::unique_ptr<Kernel> make_elementwise(const KernelContext& context);

}  // namespace tf_injector::detail
