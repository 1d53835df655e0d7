// The procedure by which the published fault lists were drawn.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "sampling/fault_text.hpp"

namespace tf_injector::detail {

// Faults per kernel: n for N = 64 x weights (32 bits, stuck at two values) at an error of 0.01, t = 2.58 and
// p = 0.5, shared out by round(n x weights / all weights), halves to even.
[[nodiscard]] std::vector<int64_t> published_counts(const std::vector<SampledKernel>& kernels);

// Draws them with random.seed(42): for each fault randint(0, size - 1) for each axis in PyTorch's order (out,
// in, kh, kw), then randint(0, 31); a fault that was drawn before in its kernel is drawn again.
void draw_published(const std::vector<SampledKernel>& kernels, FaultText& text,
                    const std::atomic<bool>* stop);

}  // namespace tf_injector::detail
