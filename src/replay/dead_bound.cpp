#include "replay/dead_bound.hpp"

#include "replay/index.hpp"

namespace tf_injector::replay {

DeadBound dead_bound(const LinearGeometry& geometry, const float* weights, const simd::EpilogueCall& e) {
  constexpr double kUnit = 0x1p-24;  // the unit roundoff of float32
  constexpr double few = DeadBound::kFewRoundings;
  const int64_t depth = geometry.taps * geometry.cin, cout = geometry.cout;
  const double all = static_cast<double>(depth) * kUnit, chain = all / (1.0 - all);
  DeadBound bound{AlignedBuffer(idx(cout)), AlignedBuffer(idx(cout)), AlignedBuffer(idx(cout))};
  for (int64_t c = 0; c < cout; ++c) {
    double squares = 0.0;
    for (int64_t k = 0; k < depth; ++k) {
      const double w = weights[k * cout + c];
      squares += w * w;
    }
    const double scale = e.mean != nullptr ? std::fabs(double{e.istd[c]} * double{e.gamma[c]}) : 1.0;
    const double norm = scale * std::sqrt(squares);
    const double bias = e.bias != nullptr ? std::fabs(double{e.bias[c]}) : 0.0;
    const double mean = e.mean != nullptr ? std::fabs(double{e.mean[c]}) : 0.0;
    const double beta = e.mean != nullptr ? std::fabs(double{e.beta[c]}) : 0.0;
    bound.slope[idx(c)] = static_cast<float>(kGenerous * norm * (1.0 + chain + few));
    bound.noise[idx(c)] = static_cast<float>(kGenerous * norm * (2.0 * chain + few));
    bound.offset[idx(c)] = static_cast<float>(few * (scale * (bias + mean) + beta) + 1e-30);
  }
  return bound;
}

}  // namespace tf_injector::replay
