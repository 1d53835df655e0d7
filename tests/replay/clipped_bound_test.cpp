// The bound on what a ReLU is certain to clip (docs/numerics.md, "Certainly clipped outputs"), attacked with
// plain loops: no output that it calls clipped may be other than +0, in the golden or in a faulted run.
#include "replay/plan/clipped_bound.hpp"

#include <bit>
#include <cmath>

#include "replay/possibly_nonzero_channels.hpp"
#include "replay/prepared_network.hpp"
#include "replay/same_as_reference.hpp"
#include "support/edge_network.hpp"

namespace tf_injector::detail {
namespace {

using replay::ClippedBound;
using replay::PossiblyNonzeroChannels;

const replay::simd::PackTable& table() { return *replay::simd::pack_table(available_kernel_sets().front()); }

// One output position of a layer in front of its ReLU.
struct Layer {
  int64_t depth = 1, cout = 1;
  AlignedBuffer weights;  // (depth, cout)
  AlignedBuffer bias, mean, istd, gamma, beta;
  bool has_bias = false, is_normalized = false, has_add = false;

  Layer(int64_t inputs, int64_t outputs) : depth(inputs), cout(outputs), weights(at(inputs * outputs)) {
    for (AlignedBuffer* each : {&bias, &mean, &istd, &gamma, &beta})
      *each = AlignedBuffer(at(outputs + replay::simd::kMaxWidth));
  }
  static size_t at(int64_t i) { return static_cast<size_t>(i); }

  [[nodiscard]] std::optional<ClippedBound> bound() const {
    simd::EpilogueCall epilogue{.relu = true};
    if (has_bias) epilogue.bias = bias.data();
    if (is_normalized) {
      epilogue.mean = mean.data();
      epilogue.istd = istd.data();
      epilogue.gamma = gamma.data();
      epilogue.beta = beta.data();
    }
    return replay::make_clipped_bound({.taps = 1, .cin = depth, .cout = cout, .source = {0}}, weights.data(),
                                      epilogue);
  }
  // What is clipped if it is not above 0.
  [[nodiscard]] float before_relu(std::span<const float> x, int64_t c, float add) const {
    float y = 0.0f;
    for (int64_t k = 0; k < depth; ++k) y = std::fma(x[at(k)], weights[at(k * cout + c)], y);
    if (has_bias) y = y + bias[at(c)];
    if (is_normalized) y = std::fma((y - mean[at(c)]) * istd[at(c)], gamma[at(c)], beta[at(c)]);
    if (has_add) y = y + add;
    return y;
  }
};

// As the kernels sum squares; a change is never NaN, which a maximum would pass over.
float squares_of(std::span<const float> values) {
  float sum = 0.0f;
  for (const float v : values) sum += v * v;
  return sum;
}
float change_between(std::span<const float> golden, std::span<const float> faulted) {
  std::vector<float> difference;
  for (size_t i = 0; i < golden.size(); ++i) difference.push_back(faulted[i] - golden[i]);
  const float squares = squares_of(difference);
  return std::isnan(squares) ? HUGE_VALF : squares;
}

// The position in the golden run and under some faults, and which outputs are said to be nonzero.
struct Position {
  const Layer& layer;
  std::vector<float> x, adds;  // the golden run's inputs, operand of the Add
  std::vector<std::vector<float>> faulted_x, faulted_adds;

  // Pairs of channel and fault that are said to be clipped.
  int check(PossiblyNonzeroChannels& nonzero) const {
    const std::optional<ClippedBound> bound = layer.bound();
    const int32_t lanes = table().lanes, faults = static_cast<int32_t>(faulted_x.size());
    std::array<float, replay::simd::kLaneVectors> delta_sq_norm{}, add_delta_sq_norm{};
    for (size_t f = 0; f < faulted_x.size(); ++f) {
      const size_t v = f / static_cast<size_t>(lanes);
      delta_sq_norm[v] = std::max(delta_sq_norm[v], change_between(x, faulted_x[f]));
      add_delta_sq_norm[v] = std::max(add_delta_sq_norm[v], change_between(adds, faulted_adds[f]));
    }
    AlignedBuffer y(Layer::at(layer.cout + lanes));
    for (int64_t c = 0; c < layer.cout; ++c) y[Layer::at(c)] = layer.before_relu(x, c, adds[Layer::at(c)]);
    nonzero.find(*bound, static_cast<int32_t>(layer.cout),
                 {.y = y.data(),
                  .input_norm = replay::norm_of(squares_of(x)),
                  .add_norm = layer.has_add ? replay::norm_of(squares_of(adds)) : 0.0f},
                 delta_sq_norm.data(), layer.has_add ? add_delta_sq_norm.data() : nullptr, faults);
    // In how many vectors, the last ones, a channel is nonzero.
    std::vector<int32_t> nonzero_in(Layer::at(layer.cout), 0);
    for (int32_t i = 0; i < nonzero.count(); ++i)
      nonzero_in[Layer::at(nonzero.channels()[i])] =
          nonzero.nonzero_in() != nullptr ? nonzero.nonzero_in()[i] : nonzero.vectors();
    int32_t in_levels = 0;
    for (int32_t v = 1; v <= nonzero.vectors(); ++v) in_levels += nonzero.level(v).count;
    EXPECT_EQ(in_levels, nonzero.count());
    int clipped = 0;
    for (int64_t c = 0; c < layer.cout; ++c) {
      for (int32_t f = 0; f < faults; ++f) {
        if (f / lanes >= nonzero.vectors() - nonzero_in[Layer::at(c)]) continue;
        ++clipped;
        const float now =
            layer.before_relu(faulted_x[Layer::at(f)], c, faulted_adds[Layer::at(f)][Layer::at(c)]);
        EXPECT_TRUE(y[Layer::at(c)] <= 0.0f) << "golden is " << y[Layer::at(c)];
        EXPECT_TRUE(now <= 0.0f) << "it is " << now << ", golden " << y[Layer::at(c)];
      }
    }
    return clipped;
  }
};

float random_near(std::mt19937& rng, double exponent) {
  const double vary = std::uniform_real_distribution<double>(-1.0, 1.0)(rng);
  const double value = std::exp2(std::clamp(exponent + vary, -149.0, 127.99));
  return static_cast<float>(rng() % 2 == 0 ? value : -value);
}

// A layer whose sums, products and results lie at these powers of two.
Layer random_layer(std::mt19937& rng, const test::EdgeScales& scales) {
  Layer layer(1 + static_cast<int64_t>(rng() % 9), 1 + static_cast<int64_t>(rng() % 11));
  const auto fill = [&](AlignedBuffer& values, double exponent) {
    for (int64_t i = 0; i < layer.cout; ++i) values[Layer::at(i)] = random_near(rng, exponent);
  };
  for (size_t i = 0; i < layer.weights.size(); ++i)
    layer.weights[i] = random_near(rng, scales.sum - scales.changed);
  layer.has_bias = rng() % 2 == 0;
  layer.is_normalized = rng() % 3 != 0;
  layer.has_add = rng() % 2 == 0;
  fill(layer.bias, scales.sum - 3);
  fill(layer.mean, rng() % 2 == 0 ? scales.sum : -149);
  fill(layer.istd, scales.product - scales.sum);
  for (int64_t i = 0; i < layer.cout; ++i) layer.istd[Layer::at(i)] = std::fabs(layer.istd[Layer::at(i)]);
  fill(layer.gamma, scales.out - scales.product);
  fill(layer.beta, scales.out - 3);
  return layer;
}

// What lifts channel 0 the most: a change in the direction of its weights. `share` of the inputs' own norm.
std::vector<float> lifted(const Layer& layer, std::span<const float> x, double share) {
  double norm = 0.0, own = 0.0;
  for (int64_t k = 0; k < layer.depth; ++k) {
    norm += std::pow(double{layer.weights[Layer::at(k * layer.cout)]}, 2);
    own += std::pow(double{x[Layer::at(k)]}, 2);
  }
  const double sign = layer.is_normalized && layer.gamma[0] < 0.0f ? -1.0 : 1.0;
  std::vector<float> changed(x.begin(), x.end());
  for (int64_t k = 0; k < layer.depth; ++k) {
    const double to = layer.weights[Layer::at(k * layer.cout)] / std::sqrt(norm + 1e-300);
    changed[Layer::at(k)] = static_cast<float>(changed[Layer::at(k)] + sign * share * std::sqrt(own) * to);
  }
  return changed;
}

// Puts channel 0 so far below zero that the largest lift just reaches it, give or take a few percent.
void put_at_the_edge(std::mt19937& rng, Layer& layer, Position& position) {
  const float golden = layer.before_relu(position.x, 0, position.adds[0]);
  float lift = 0.0f;
  for (size_t f = 0; f < position.faulted_x.size(); ++f)
    lift = std::max(lift, layer.before_relu(position.faulted_x[f], 0, position.faulted_adds[f][0]) - golden);
  const float down = golden + lift * std::uniform_real_distribution<float>(0.9f, 1.1f)(rng);
  if (!std::isfinite(down)) return;
  if (layer.is_normalized) {
    layer.beta[0] = layer.beta[0] - down;
  } else if (layer.has_bias) {
    layer.bias[0] = layer.bias[0] - down;
  }
}

TEST(ClippedBound, HasNoCounterexampleInPlainLoops) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  const FlushDenormals flush;
  const uint32_t seed = test::network_seed(141);
  std::mt19937 rng(seed);
  SCOPED_TRACE("TFI_SEED=" + std::to_string(seed));
  PossiblyNonzeroChannels nonzero(table(), 16);
  int64_t clipped = 0, pairs = 0;
  for (int round = 0; round < 8000 && !testing::Test::HasFailure(); ++round) {
    const test::EdgeScales scales(rng);
    Layer layer = random_layer(rng, scales);
    Position position{.layer = layer, .x = {}, .adds = {}, .faulted_x = {}, .faulted_adds = {}};
    for (int64_t k = 0; k < layer.depth; ++k) position.x.push_back(random_near(rng, scales.changed));
    for (int64_t c = 0; c < layer.cout; ++c) position.adds.push_back(random_near(rng, scales.out - 3));
    const auto faults = 1 + rng() % (rng() % 4 == 0 ? static_cast<uint32_t>(table().width()) : 3u);
    for (uint32_t f = 0; f < faults; ++f) {
      position.faulted_x.push_back(
          lifted(layer, position.x, std::exp2(std::uniform_real_distribution<double>(-30, 4)(rng))));
      if (rng() % 4 == 0) {  // any bit
        float& some = position.faulted_x.back()[rng() % position.x.size()];
        some = bits_float(float_bits(some) ^ (1u << (rng() % 32)));
      }
      position.faulted_adds.push_back(position.adds);
      if (layer.has_add && rng() % 2 == 0)
        position.faulted_adds.back()[0] += random_near(rng, scales.out - 3);
    }
    if (round % 4 != 0) put_at_the_edge(rng, layer, position);
    clipped += position.check(nonzero);
    pairs += layer.cout * faults;
  }
  EXPECT_GT(clipped, pairs / 100) << "a bound that calls nothing clipped is not tried";
}

// y = 2 x - 10 at x = 1: it takes a change of 4 to lift it to zero, and the bound adds about 2 % of that.
TEST(ClippedBound, IsCloseToWhatAChangeCanDo) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  Layer layer(1, 1);
  layer.weights[0] = 2.0f;
  layer.has_bias = true;
  layer.bias[0] = -10.0f;
  PossiblyNonzeroChannels nonzero(table(), 1);
  const auto is_clipped = [&](float change) {
    return Position{.layer = layer,
                    .x = {1.0f},
                    .adds = {0.0f},
                    .faulted_x = {{1.0f + change}},
                    .faulted_adds = {{0.0f}}}
               .check(nonzero) == 1;
  };
  EXPECT_TRUE(is_clipped(0.0f));
  EXPECT_TRUE(is_clipped(3.9f));
  EXPECT_TRUE(is_clipped(-3.9f)) << "downwards too: only the size of a change is known";
  EXPECT_FALSE(is_clipped(3.99f));
  EXPECT_FALSE(is_clipped(4.1f));
  EXPECT_FALSE(is_clipped(HUGE_VALF));
  EXPECT_FALSE(is_clipped(std::nanf("")));
}

// 1 + x1 - (1 + 2^-24): a change of x1 by a quarter of an ulp makes the first sum round up by a whole one.
TEST(ClippedBound, CountsTheRoundingsOfTheChain) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  const float ulp = 0x1p-23f;
  Layer layer(3, 1);
  layer.weights[0] = layer.weights[1] = 1.0f;
  layer.weights[2] = 1.0f + ulp;
  const std::vector<float> golden = {1.0f, ulp / 4, -(1.0f - ulp / 2)};
  std::vector<float> faulted = golden;
  faulted[1] = ulp / 2 * 1.0001f;
  ASSERT_LT(layer.before_relu(golden, 0, 0.0f), 0.0f);
  ASSERT_GT(layer.before_relu(faulted, 0, 0.0f), 0.0f);
  PossiblyNonzeroChannels nonzero(table(), 1);
  const Position position{
      .layer = layer, .x = golden, .adds = {0.0f}, .faulted_x = {faulted}, .faulted_adds = {{0.0f}}};
  EXPECT_EQ(position.check(nonzero), 0);
}

// The same with an Add: what the operand changes by counts as well.
TEST(ClippedBound, CountsTheOperandOfTheAdd) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  Layer layer(1, 1);
  layer.weights[0] = 2.0f;
  layer.has_add = true;
  PossiblyNonzeroChannels nonzero(table(), 1);
  const auto is_clipped = [&](float change, float add_change) {
    return Position{.layer = layer,
                    .x = {1.0f},
                    .adds = {-10.0f},
                    .faulted_x = {{1.0f + change}},
                    .faulted_adds = {{-10.0f + add_change}}}
               .check(nonzero) == 1;
  };
  EXPECT_TRUE(is_clipped(3.9f, 0.0f));
  EXPECT_TRUE(is_clipped(0.0f, 7.8f));
  EXPECT_TRUE(is_clipped(1.9f, 3.9f));
  EXPECT_FALSE(is_clipped(2.1f, 4.1f));
  EXPECT_FALSE(is_clipped(0.0f, 8.1f));
  EXPECT_FALSE(is_clipped(0.0f, HUGE_VALF));
}

// Faults with larger changes lie behind: what one of them may lift is nonzero in its vector and in those
// after it.
TEST(ClippedBound, CountsPerVectorOfFaults) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  Layer layer(1, 3);
  layer.has_bias = true;
  for (size_t c = 0; c < 3; ++c) {
    layer.weights[c] = 1.0f;
    layer.bias[c] = c == 0 ? -10.0f : c == 1 ? -100.0f : 1.0f;
  }
  const auto lanes = static_cast<size_t>(table().lanes);
  Position position{.layer = layer, .x = {1.0f}, .adds = {0, 0, 0}, .faulted_x = {}, .faulted_adds = {}};
  for (size_t f = 0; f < 3 * lanes; ++f)
    position.faulted_x.push_back({1.0f + (f < lanes ? 1.0f : f < 2 * lanes ? 20.0f : 2.0f)});
  position.faulted_adds.assign(3 * lanes, {0, 0, 0});
  PossiblyNonzeroChannels nonzero(table(), 3);
  EXPECT_EQ(position.check(nonzero), static_cast<int>(lanes + 3 * lanes));
  ASSERT_EQ(nonzero.count(), 2);
  EXPECT_EQ(nonzero.channels()[0], 0);
  EXPECT_EQ(nonzero.channels()[1], 2);
  ASSERT_NE(nonzero.nonzero_in(), nullptr);
  EXPECT_EQ(nonzero.nonzero_in()[0], 2);
  EXPECT_EQ(nonzero.nonzero_in()[1], 3);
  ASSERT_EQ(nonzero.level(2).count, 1);
  EXPECT_EQ(nonzero.level(2).channels[0], 0);
  EXPECT_EQ(nonzero.level(2).rows[0], 0);
  ASSERT_EQ(nonzero.level(3).count, 1);
  EXPECT_EQ(nonzero.level(3).channels[0], 2);
  EXPECT_EQ(nonzero.level(3).rows[0], 1);
  EXPECT_EQ(nonzero.level(1).count, 0);

  nonzero.take_all(3, static_cast<int32_t>(3 * lanes));
  EXPECT_EQ(nonzero.count(), 3);
  EXPECT_EQ(nonzero.nonzero_in(), nullptr);
}

TEST(ClippedBound, IsInfiniteWhereAnythingMayOverflow) {
  Layer layer(2, 4);
  layer.is_normalized = true;
  for (size_t i = 0; i < 8; ++i) layer.weights[i] = 1.0f;
  for (size_t c = 0; c < 4; ++c) layer.istd[c] = layer.gamma[c] = 1.0f;
  layer.weights[1] = 1e19f;  // channel 1: 2^66 times it is infinite
  layer.istd[2] = 1e19f;     // channel 2: the product
  layer.beta[3] = -3e38f;    // channel 3: the result
  const std::optional<ClippedBound> bound = layer.bound();
  ASSERT_TRUE(bound);
  for (size_t c = 0; c < 4; ++c) {
    EXPECT_EQ(std::isfinite(bound->slope[c]), c == 0) << c;
    EXPECT_EQ(std::isfinite(bound->noise[c]), c == 0) << c;
    EXPECT_EQ(std::isfinite(bound->offset[c]), c == 0) << c;
  }
}

TEST(ClippedBound, IsNoneForSumsWhoseRoundingsItDoesNotCover) {
  const auto has_bound = [](int64_t taps, int64_t cin) {
    const std::vector<float> weights(static_cast<size_t>(taps * cin), 0.5f);
    return replay::make_clipped_bound({.taps = taps, .cin = cin, .cout = 1, .source = {}}, weights.data(), {})
        .has_value();
  };
  EXPECT_TRUE(has_bound(1, 65535));
  EXPECT_FALSE(has_bound(1, 65536));
  EXPECT_TRUE(has_bound(2048, 2048));
  EXPECT_FALSE(has_bound(2048, 2049));
}

// Squares of small numbers are flushed, and sums of squares are rounded: a norm is never too small.
TEST(ClippedBound, ANormIsNeverTooSmall) {
  const FlushDenormals flush;
  for (const double value : {1e-37, 1e-20, 1.1e-19, 1e-10, 1.0, 1e10, 1e19}) {
    for (const size_t count : {1u, 7u, 4096u}) {
      const std::vector<float> values(count, static_cast<float>(value));
      const double norm = std::sqrt(static_cast<double>(count)) * double{values.front()};
      EXPECT_GE(double{replay::norm_of(squares_of(values))}, norm) << value << ' ' << count;
    }
  }
  EXPECT_EQ(replay::norm_of(HUGE_VALF), HUGE_VALF);
  EXPECT_TRUE(std::isnan(replay::norm_of(std::nanf(""))));
}

}  // namespace
}  // namespace tf_injector::detail
