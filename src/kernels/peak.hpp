// Measures the peak rate of multiply-adds of one thread on this machine.
#pragma once

#include "kernels/kernel_set.hpp"

namespace tf_injector::detail {

// Multiply-adds per second of processor time: the best of several short runs, which take some hundredths of a
// second in all. 0 for the scalar kernels. `set` must be available.
[[nodiscard]] double peak_multiply_adds(KernelSet set);

}  // namespace tf_injector::detail
