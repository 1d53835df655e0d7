#include "kernels/kernel_set.hpp"

#include <algorithm>
#include <string>

#include "kernels/simd/simd_table.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {

using namespace detail;

const char* kernel_set_name(KernelSet set) {
  switch (set) {
    case KernelSet::automatic:
      return "auto";
    case KernelSet::avx512:
      return "avx512";
    case KernelSet::avx2:
      return "avx2";
    case KernelSet::neon:
      return "neon";
    case KernelSet::scalar:
      return "scalar";
  }
  return "?";
}

std::optional<KernelSet> kernel_set_named(std::string_view name) {
  for (const KernelSet set : kKernelSets) {
    if (name == kernel_set_name(set)) return set;
  }
  return std::nullopt;
}

std::vector<KernelSet> available_kernel_sets() {
  std::vector<KernelSet> sets;
  for (KernelSet set : {KernelSet::avx512, KernelSet::avx2, KernelSet::neon}) {
    if (simd::simd_table(set) != nullptr) sets.push_back(set);
  }
  sets.push_back(KernelSet::scalar);
  return sets;
}

KernelSet detail::resolve_kernel_set(KernelSet set) {
  const std::vector<KernelSet> available = available_kernel_sets();
  if (set == KernelSet::automatic) return available.front();
  if (std::find(available.begin(), available.end(), set) != available.end()) return set;
  std::string names;
  for (KernelSet a : available) names += std::string(names.empty() ? "" : ", ") + kernel_set_name(a);
  throw Error(ErrorKind::usage, std::string("kernels '") + kernel_set_name(set) +
                                    "' are not available: this CPU and this build have " + names);
}

}  // namespace tf_injector
