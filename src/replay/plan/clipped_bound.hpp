// Outputs that a ReLU is certain to clip, in the golden and in the faulted run: a bound on how far a change
// of the inputs can lift them (proof: docs/numerics.md, "Certainly clipped outputs").
#pragma once

#include <cmath>
#include <optional>

#include "core/aligned_buffer.hpp"
#include "kernels/pack_interfaces.hpp"

namespace tf_injector::detail::replay {

// A faulted output before the ReLU lies at most slope[c] * ||dx|| + ||dr|| above the margin
// (y + noise[c] * ||x||) + (offset[c] + kFewRoundings * ||r||) of the golden output y, with golden inputs x
// under the window and operand r of the Add (0: none), where the norms are those of norm_of. All are Infinity
// for a channel without a bound: then no comparison says that it is clipped.
struct ClippedBound {
  AlignedBuffer slope, noise, offset;  // [cout], padded
  static constexpr size_t kArrays = 3;
  // More than the roundings of the epilogue and of the bound's own arithmetic.
  static constexpr float kFewRoundings = 64.0f * 0x1p-24f;
};

// A norm from its square, which is summed in float32 and may have lost terms to underflow: rounded up
// generously.
inline constexpr float kGenerous = 1.01f;
[[nodiscard]] inline float norm_of(float squares) noexcept { return kGenerous * std::sqrt(squares) + 1e-15f; }

// None where sums are so long that their roundings are not bounded by the above.
[[nodiscard]] bool has_clipped_bound(const LinearGeometry& geometry);
// `weights`: (taps * cin, cout), row-major, all finite. None: see has_clipped_bound.
[[nodiscard]] std::optional<ClippedBound> make_clipped_bound(const LinearGeometry& geometry,
                                                             const float* weights,
                                                             const simd::EpilogueCall& epilogue);

}  // namespace tf_injector::detail::replay
