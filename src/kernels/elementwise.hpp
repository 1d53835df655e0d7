// BatchNormalization, Activation and Add on their own: one kernel that applies an Epilogue to an array.
#pragma once

#include <memory>

#include "kernels/kernel.hpp"

namespace tf_injector {

// Applies `context.epilogue` to the first input, whose shape is context.output.
[[nodiscard]] std::unique_ptr<Kernel> make_elementwise(const KernelContext& context);

}  // namespace tf_injector
