#include "replay/plan/clipped_bound.hpp"

#include <algorithm>
#include <limits>

#include "replay/index.hpp"

namespace tf_injector::detail::replay {
namespace {

constexpr double kUnit = 0x1p-24;  // the unit roundoff of float32
constexpr double kSmallest = std::numeric_limits<float>::min();
// Squares are added one by one over the taps and over the channels: so many are off by less than 1 %.
constexpr int64_t kMostSquares = int64_t{1} << 16;
constexpr int64_t kMostProducts = int64_t{1} << 22;  // of a chain: off by less than a half
// More than ||x|| + ||dx||, as long as the norms that norm_of makes of float32's squares are finite.
constexpr double kMostNorm = 0x1p66;
// What comes out at most, roundings not counted: no float32 on the way there is infinite.
constexpr double kMostValue = std::numeric_limits<float>::max() / 8;

// Not below the value, and no denormal: that would be read as zero.
float rounded_up(double value) {
  return static_cast<float>(std::max(value * (1.0 + 2.0 * kUnit), kSmallest));
}

// The absolute values of what an output channel is made with.
struct Channel {
  double norm = 0.0;  // of its weights
  double bias = 0.0, mean = 0.0, istd = 1.0, gamma = 1.0, beta = 0.0;

  Channel(double weights_norm, const simd::EpilogueCall& e, int64_t c) : norm(weights_norm) {
    const auto of = [&](const float* values) { return std::fabs(double{values[c]}); };
    if (e.bias != nullptr) bias = of(e.bias);
    if (e.mean == nullptr) return;
    mean = of(e.mean);
    istd = of(e.istd);
    gamma = of(e.gamma);
    beta = of(e.beta);
  }
  [[nodiscard]] double scale() const { return istd * gamma; }
  // Is any value on the way finite, in both runs? (NaN is not less.)
  [[nodiscard]] bool never_overflows() const {
    const double sum = norm * kMostNorm + bias + mean;
    return sum < kMostValue && istd * sum < kMostValue && scale() * sum + beta < kMostValue;
  }
  // More than what both runs lose where results are flushed to zero, each up to kSmallest: of the chains, of
  // bias and mean, of the product with istd, behind gamma.
  [[nodiscard]] double flushed(int64_t products) const {
    return kSmallest * (scale() * static_cast<double>(8 * products + 32) + 8.0 * gamma + 32.0);
  }
};

}  // namespace

bool has_clipped_bound(const LinearGeometry& g) {
  return g.taps * g.cin <= kMostProducts && g.taps + std::max(g.cin, g.cout) <= kMostSquares;
}

std::optional<ClippedBound> make_clipped_bound(const LinearGeometry& geometry, const float* weights,
                                               const simd::EpilogueCall& e) {
  constexpr double few = ClippedBound::kFewRoundings;
  const int64_t depth = geometry.taps * geometry.cin, cout = geometry.cout;
  if (!has_clipped_bound(geometry)) return std::nullopt;
  const double all = static_cast<double>(depth) * kUnit, chain = all / (1.0 - all);
  ClippedBound bound{AlignedBuffer(idx(cout)), AlignedBuffer(idx(cout)), AlignedBuffer(idx(cout))};
  for (int64_t c = 0; c < cout; ++c) {
    double squares = 0.0;
    for (int64_t k = 0; k < depth; ++k) {
      const double w = weights[k * cout + c];
      squares += w * w;
    }
    const Channel channel(std::sqrt(squares), e, c);
    if (!channel.never_overflows()) {
      for (AlignedBuffer* none : {&bound.slope, &bound.noise, &bound.offset})
        (*none)[idx(c)] = std::numeric_limits<float>::infinity();
      continue;
    }
    const double norm = kGenerous * channel.scale() * channel.norm;
    const double shift = channel.scale() * (channel.bias + channel.mean) + channel.beta;
    bound.slope[idx(c)] = rounded_up(norm * (1.0 + chain + few));
    bound.noise[idx(c)] = rounded_up(norm * (2.0 * chain + few));
    bound.offset[idx(c)] = rounded_up(few * shift + channel.flushed(depth) + 1e-30);
  }
  return bound;
}

}  // namespace tf_injector::detail::replay
