// Which kernels run: one instruction set for all of them, or the scalar reference.
#pragma once

#include <vector>

namespace tf_injector {

// scalar: the reference kernels, op by op, nothing fused. They define every result.
enum class KernelSet { automatic, avx512, avx2, neon, scalar };

[[nodiscard]] const char* kernel_set_name(KernelSet set);
// What this CPU and this build support, fastest first; scalar is always the last.
[[nodiscard]] std::vector<KernelSet> available_kernel_sets();
// The fastest available one for `automatic`, else `set` itself. Throws Error(usage) if it is not available.
[[nodiscard]] KernelSet resolve_kernel_set(KernelSet set);

}  // namespace tf_injector
