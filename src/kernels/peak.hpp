// How many multiply-adds one thread can do on this machine.
#pragma once

#include "kernels/kernel_set.hpp"

namespace tf_injector {

// Measured, in multiply-adds per second of processor time: the best of some short runs, some hundredths of a
// second in all. 0 for the scalar kernels. `set` is available.
[[nodiscard]] double peak_multiply_adds(KernelSet set);

}  // namespace tf_injector
