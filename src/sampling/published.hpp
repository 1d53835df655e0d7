// The procedure by which the published fault lists were drawn.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "graph/graph.hpp"
#include "sampling/fault_text.hpp"

namespace tf_injector::detail {

// For each of the graph's layers its rank in the lists' order: depth first from the outputs, what an
// operation reads before it and in the order of its operands. A network's branches come one after the other,
// as PyTorch lists their modules: of y + shortcut(x) first the layers of y. A layer that is called several
// times has the rank of its first call; layers that no output needs come last, in the graph's order.
[[nodiscard]] std::vector<size_t> published_order(const Graph& graph);

// Faults per kernel: n for N = 64 x weights (32 bits, stuck at two values) at an error of 0.01, t = 2.58 and
// p = 0.5, rounded, is shared out by round(n x weights / all weights); halves to even.
[[nodiscard]] std::vector<int64_t> published_counts(const std::vector<SampledKernel>& kernels);

// Draws them with random.seed(42): for each fault randint(0, size - 1) for each axis in PyTorch's order (out,
// in, kh, kw), then randint(0, 31); a fault that was drawn before in its kernel is drawn again.
void draw_published(const std::vector<SampledKernel>& kernels, FaultText& text,
                    const std::atomic<bool>* stop);

}  // namespace tf_injector::detail
