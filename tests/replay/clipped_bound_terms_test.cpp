// The bound for outputs that are certain to be clipped, piece by piece: each way to lose a bit has its room
// in it.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "replay/plan/clipped_bound.hpp"

namespace tf_injector::detail::replay {
namespace {

// Two channels: what is set is the second's; the first has weights and addends of zero.
struct Layer {
  std::vector<float> weights = {0.0f, 3.0f, 0.0f, 4.0f};  // (cin, cout): the second channel's norm is 5
  std::array<float, 2> bias = {}, mean = {}, istd = {1.0f, 1.0f}, gamma = {1.0f, 1.0f}, beta = {};

  [[nodiscard]] ClippedBound bound() const {
    const LinearGeometry geometry{.taps = 1, .cin = 2, .cout = 2, .source = {0}};
    return make_clipped_bound(geometry, weights.data(),
                              {.bias = bias.data(),
                               .mean = mean.data(),
                               .istd = istd.data(),
                               .gamma = gamma.data(),
                               .beta = beta.data()})
        .value();
  }
};

// An output changes by at most the weights' norm, times what scales it, whatever the signs.
TEST(ClippedBoundTerms, HasTheSlopeOfTheWeights) {
  Layer layer;
  EXPECT_GE(layer.bound().slope[1], 5.0f);
  EXPECT_LT(layer.bound().slope[1], 5.1f);
  EXPECT_LT(layer.bound().slope[0], 1e-30f);
  layer.istd[1] = 2.0f;
  layer.gamma[1] = -3.0f;
  EXPECT_GE(layer.bound().slope[1], 30.0f);
  EXPECT_LT(layer.bound().slope[1], 30.5f);
  // The chain of two products rounds twice in both runs: half a unit in the last place of what it adds up.
  EXPECT_GE(layer.bound().noise[1], 30.0f * 2 * 2 * 0x1p-24f);
}

// Whatever is added is rounded to its own last place: half of that, in both runs.
TEST(ClippedBoundTerms, LeavesRoomForTheRoundingOfEveryAddend) {
  constexpr float kLarge = 0x1p30f;
  const float without = Layer().bound().offset[1];
  EXPECT_LT(without, 1e-20f);
  for (const float sign : {1.0f, -1.0f}) {
    for (std::array<float, 2> Layer::*addend : {&Layer::bias, &Layer::mean, &Layer::beta}) {
      Layer layer;
      (layer.*addend)[1] = sign * kLarge;
      EXPECT_GE(layer.bound().offset[1], 2 * kLarge * 0x1p-25f);
      EXPECT_EQ(layer.bound().offset[0], Layer().bound().offset[0]);
      layer.istd[1] = 4.0f;
      layer.gamma[1] = -8.0f;
      const float scale = addend == &Layer::beta ? 1.0f : 32.0f;
      EXPECT_GE(layer.bound().offset[1], scale * 2 * kLarge * 0x1p-25f);
    }
  }
}

// Results below the least normal number are flushed to zero, each: that is lost, times what scales it.
TEST(ClippedBoundTerms, LeavesRoomForWhatIsFlushedToZero) {
  constexpr float kLeast = std::numeric_limits<float>::min();
  Layer layer;
  layer.istd[1] = 0x1p80f;
  layer.gamma[1] = 0x1p10f;
  EXPECT_GE(layer.bound().offset[1], 2 * 2 * kLeast * 0x1p90f);
  layer.istd[1] = 0x1p-30f;
  layer.gamma[1] = 0x1p60f;
  EXPECT_GE(layer.bound().offset[1], 2 * kLeast * 0x1p60f);
}

}  // namespace
}  // namespace tf_injector::detail::replay
