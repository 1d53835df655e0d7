// Which kernels run on this CPU.
#pragma once

#include "tf_injector/kernel_set.hpp"

namespace tf_injector::detail {

// The fastest available one for `automatic`, else `set` itself. Throws Error(usage) if it is not available.
[[nodiscard]] KernelSet resolve_kernel_set(KernelSet set);

}  // namespace tf_injector::detail
