// Which kernels run: one instruction set for all of them, or the scalar reference.
#pragma once

#include <vector>

namespace tf_injector {

// scalar: the readable reference kernels, op by op, nothing fused: the definition of every result.
enum class KernelSet { automatic, avx512, avx2, neon, scalar };

[[nodiscard]] const char* kernel_set_name(KernelSet set);
// Best first, only what this CPU and this build have; scalar is always the last.
[[nodiscard]] std::vector<KernelSet> available_kernel_sets();
// automatic -> the best available; one that is not available: Error(usage).
[[nodiscard]] KernelSet resolve_kernel_set(KernelSet set);

}  // namespace tf_injector
