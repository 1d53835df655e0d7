// Which kernels run: one instruction set for all of them, or the scalar reference. No choice changes a bit.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace tf_injector {

// scalar: the readable reference kernels, op by op, nothing fused: the definition of every result.
enum class KernelSet { automatic, avx512, avx2, neon, scalar };
inline constexpr std::array<KernelSet, 5> kKernelSets{KernelSet::automatic, KernelSet::avx512,
                                                      KernelSet::avx2, KernelSet::neon, KernelSet::scalar};

// "auto", "avx512", "avx2", "neon", "scalar".
[[nodiscard]] const char* kernel_set_name(KernelSet set);
// The set of that name, or nothing.
[[nodiscard]] std::optional<KernelSet> kernel_set_named(std::string_view name);
// Best first, only what this CPU and this build have; scalar is always the last.
[[nodiscard]] std::vector<KernelSet> available_kernel_sets();

}  // namespace tf_injector
