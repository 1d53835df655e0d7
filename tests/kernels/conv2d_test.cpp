// The SIMD convolution against the reference, in every bit, for all instruction sets of this machine.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "core/aligned_buffer.hpp"
#include "kernels/convolutions/simd_conv2d.hpp"
#include "kernels/kernel.hpp"
#include "kernels/pack_interfaces.hpp"
#include "kernels/random_values.hpp"
#include "kernels/same_bits.hpp"

namespace tf_injector::detail {
namespace {

using test::Values;

struct Case {
  Shape input;
  int64_t filters;
  std::array<int64_t, 2> kernel, strides, dilation;
  bool same, explicit_padding, bias, normalize, add;
  int activation;  // 0 none, 1 relu, 2 relu6
};

Case random_case(std::mt19937& rng) {
  const auto pick = [&](auto... options) {
    const int64_t all[] = {static_cast<int64_t>(options)...};
    return all[std::uniform_int_distribution<size_t>(0, sizeof...(options) - 1)(rng)];
  };
  Case c;
  // Rows and columns are worked on together in eights and 32s at most.
  c.input = Shape{pick(1, 2, 5, 8, 9, 17), pick(1, 3, 7, 8, 32, 33, 67), pick(1, 2, 3, 5, 16, 17, 33)};
  c.filters = pick(1, 3, 7, 8, 10, 15, 16, 17, 24, 32, 33, 48, 64, 70, 130);
  c.kernel = {pick(1, 3, 5), pick(1, 2, 3, 5)};
  c.strides = {pick(1, 2), pick(1, 2, 3)};
  c.dilation = {1, 1};
  if (c.strides == std::array<int64_t, 2>{1, 1}) c.dilation = {pick(1, 2), pick(1, 2)};
  c.same = pick(0, 1) != 0;
  c.explicit_padding = !c.same && pick(0, 1, 1) != 0;
  c.bias = pick(0, 1) != 0;
  c.normalize = pick(0, 1) != 0;
  c.add = pick(0, 1) != 0;
  c.activation = static_cast<int>(pick(0, 1, 2));
  return c;
}

struct Problem {
  ops::Conv2D op;
  KernelContext context;
  std::vector<Weight> weights;
  AlignedBuffer input, add;
  int images = 0;
};

// False when the window does not fit the image.
bool make_problem(const Case& c, Values values, std::mt19937& rng, Problem& p) {
  const auto weight = [&](Shape shape, float scale) {
    Weight w{"w", shape, test::random_values(rng, shape.elements(), values)};
    for (float& v : w.values) v *= scale;
    p.weights.push_back(std::move(w));
    return static_cast<WeightId>(p.weights.size() - 1);
  };
  p.op.kernel_size = c.kernel;
  p.op.strides = c.strides;
  p.op.dilation = c.dilation;
  p.op.filters = c.filters;
  p.op.padding = c.same ? ops::Padding::same : ops::Padding::valid;
  p.op.kernel = weight({c.kernel[0], c.kernel[1], c.input[2], c.filters}, 0.3f);
  if (c.bias) p.op.bias = weight({c.filters}, 1.0f);
  Shape padded = c.input;
  if (c.explicit_padding) {
    p.context.explicit_padding = {{{1, 2}, {2, 1}}};
    padded = Shape{c.input[0] + 3, c.input[1] + 3, c.input[2]};
  }
  for (int axis : {0, 1}) {
    const auto a = static_cast<size_t>(axis);
    if (!c.same && padded[axis] < (c.kernel[a] - 1) * c.dilation[a] + 1) return false;
  }
  const std::vector<Shape> inputs{padded};
  p.context.output = ops::infer_shape(p.op, inputs);
  p.context.inputs = {c.input};
  if (c.normalize) {
    ops::BatchNormalization bn{.gamma = weight({c.filters}, 1.0f),
                               .beta = weight({c.filters}, 1.0f),
                               .mean = weight({c.filters}, 1.0f),
                               .variance = weight({c.filters}, 1.0f),
                               .epsilon = 1e-3f};
    for (float& v : p.weights[static_cast<size_t>(bn.variance)].values) v = std::fabs(v);
    p.context.epilogue.batch_normalization = bn;
  }
  p.context.epilogue.add = c.add;
  if (c.activation != 0) {
    p.context.epilogue.activation =
        c.activation == 1 ? ops::ActivationKind::relu : ops::ActivationKind::relu6;
  }
  p.images = std::uniform_int_distribution<int>(1, 5)(rng);
  p.input =
      AlignedBuffer(std::span<const float>(test::random_values(rng, c.input.elements() * p.images, values)));
  p.add = AlignedBuffer(
      std::span<const float>(test::random_values(rng, p.context.output.elements() * p.images, values)));
  p.context.weights = p.weights;
  return true;
}

std::vector<float> run(const Problem& p, KernelSet set, const Patch* patch) {
  KernelContext context = p.context;
  context.set = set;
  std::unique_ptr<Kernel> kernel = make_kernel(p.op, context);
  if (patch != nullptr) kernel = kernel->patched(*patch);
  AlignedBuffer out(static_cast<size_t>(context.output.elements() * p.images));
  const float* const inputs[] = {p.input.data(), p.add.data()};
  kernel->run({.inputs = {inputs, p.context.epilogue.add ? 2u : 1u},
               .output = out.data(),
               .images = p.images,
               .batch = 2});
  return {out.data(), out.data() + out.size()};
}

// What replay asks of the kernel besides: the values in front of the activation, and some positions only.
void expect_other_forms(const Problem& p, KernelSet set, const std::vector<float>& whole,
                        const std::vector<float>& before, std::mt19937& rng) {
  KernelContext context = p.context;
  context.set = set;
  const std::unique_ptr<Kernel> kernel = make_kernel(p.op, context);
  const auto* linear = dynamic_cast<const LinearKernel*>(kernel.get());
  if (linear == nullptr) return;
  const float* const inputs[] = {p.input.data(), p.add.data()};
  const KernelArgs args{.inputs = {inputs, p.context.epilogue.add ? 2u : 1u}, .images = p.images, .batch = 2};
  AlignedBuffer out(whole.size()), in_front(whole.size());
  KernelArgs all = args;
  all.output = out.data();
  linear->run_with_before(all, in_front.data());
  EXPECT_TRUE(test::same_bits(whole, {out.data(), out.data() + out.size()})) << kernel_set_name(set);
  EXPECT_TRUE(test::same_bits(before, {in_front.data(), in_front.data() + in_front.size()}));

  const auto elements = static_cast<size_t>(p.context.output.elements());
  const auto channels = static_cast<size_t>(p.op.filters);
  std::vector<float> some(elements, 77.0f);
  AlignedBuffer written{std::span<const float>(some)};
  std::vector<int32_t> positions;
  for (size_t at = 0; at < elements / channels; ++at) {
    if (std::bernoulli_distribution(0.4)(rng)) continue;
    positions.push_back(static_cast<int32_t>(at));
    std::copy_n(whole.begin() + static_cast<ptrdiff_t>(at * channels), channels,
                some.begin() + static_cast<ptrdiff_t>(at * channels));
  }
  KernelArgs first = args;
  first.output = written.data();
  first.images = 1;
  PositionScratch scratch;
  linear->run_positions(first, positions, scratch);
  EXPECT_TRUE(test::same_bits(some, {written.data(), written.data() + elements})) << kernel_set_name(set);
}

// A flipped bit of some weight, or an infinite one: then a border that is multiplied is another one than a
// border that is left out.
Patch random_patch(const Problem& p, std::mt19937& rng) {
  Patch patch{.weight = p.op.kernel};
  const std::vector<float>& kernel = p.weights[static_cast<size_t>(p.op.kernel)].values;
  patch.element = std::uniform_int_distribution<int64_t>(0, static_cast<int64_t>(kernel.size()) - 1)(rng);
  patch.old_bits = float_bits(kernel[static_cast<size_t>(patch.element)]);
  const int bit = std::uniform_int_distribution<int>(0, 42)(rng);
  patch.new_bits =
      bit < 32 ? patch.old_bits ^ (1u << bit) : float_bits(std::numeric_limits<float>::infinity());
  return patch;
}

// False: the window does not fit the image.
bool expect_equal_kernels(const Case& c, Values values, std::mt19937& rng) {
  Problem p;
  if (!make_problem(c, values, rng, p)) return false;
  const Patch patch = random_patch(p, rng);
  const std::vector<float> clean = run(p, KernelSet::scalar, nullptr);
  const std::vector<float> faulty = run(p, KernelSet::scalar, &patch);
  const std::optional<ops::ActivationKind> activation =
      std::exchange(p.context.epilogue.activation, std::nullopt);
  const std::vector<float> before = run(p, KernelSet::scalar, nullptr);
  p.context.epilogue.activation = activation;
  for (KernelSet set : available_kernel_sets()) {
    EXPECT_TRUE(test::same_bits(clean, run(p, set, nullptr)))
        << kernel_set_name(set) << " input " << c.input.to_string() << " filters " << c.filters << " kernel "
        << c.kernel[0] << "x" << c.kernel[1];
    EXPECT_TRUE(test::same_bits(faulty, run(p, set, &patch))) << kernel_set_name(set);
    expect_other_forms(p, set, clean, before, rng);
  }
  return true;
}

// Gives whole numbers from `from` to `to`.
auto picker(std::mt19937& rng) {
  return [&rng](int64_t from, int64_t to) { return std::uniform_int_distribution<int64_t>(from, to)(rng); };
}

class Conv2DTest : public testing::TestWithParam<Values> {};

TEST_P(Conv2DTest, EveryKernelSetEqualsTheReference) {
  std::mt19937 rng(1234);
  int tried = 0;
  for (int i = 0; i < 300; ++i) tried += expect_equal_kernels(random_case(rng), GetParam(), rng) ? 1 : 0;
  EXPECT_GT(tried, 150);
}

// What is computed row by row: a vector of channels, in blocks of rows and columns.
TEST_P(Conv2DTest, RowByRowEqualsTheReference) {
  std::mt19937 rng(4321);
  const auto pick = picker(rng);
  int tried = 0;
  for (int i = 0; i < 200; ++i) {
    Case c = random_case(rng);
    c.input = Shape{pick(1, 18), pick(1, 70), pick(1, 9)};
    c.filters = pick(1, 20);
    c.kernel = {pick(1, 5), pick(0, 1) * 2 + 3};
    c.strides = c.dilation = {1, 1};
    tried += expect_equal_kernels(c, GetParam(), rng) ? 1 : 0;
  }
  EXPECT_GT(tried, 120);
}

// All output channels as columns; returns for how many kernel sets they were computed plane by plane.
int expect_equal_columns(const Case& c, Values values, std::mt19937& rng) {
  Problem p;
  if (!make_problem(c, values, rng, p)) return 0;
  const std::vector<float> expected = run(p, KernelSet::scalar, nullptr);
  const auto image = static_cast<size_t>(p.context.output.elements());
  int planes = 0;
  PositionScratch scratch;
  for (KernelSet set : available_kernel_sets()) {
    KernelContext context = p.context;
    context.set = set;
    const std::unique_ptr<Kernel> kernel = make_kernel(p.op, context);
    const auto* conv = dynamic_cast<const SimdConv2D*>(kernel.get());
    if (conv == nullptr) continue;
    const auto columns = static_cast<int32_t>(c.filters);
    planes += conv->takes_planes(columns) ? 1 : 0;
    AlignedBuffer weights(static_cast<size_t>(simd::packed_size(conv->table(), conv->depth(), c.filters)));
    for (int64_t k = 0; k < conv->depth(); ++k) {
      for (int64_t co = 0; co < c.filters; ++co)
        weights[static_cast<size_t>(simd::packed_index(conv->table(), conv->depth(), c.filters, k, co))] =
            conv->weight(k, co);
    }
    AlignedBuffer sums(image);
    for (int i = 0; i < p.images; ++i) {
      const float* in = p.input.data() + i * c.input.elements();
      // Whatever the room held before means nothing.
      std::fill_n(scratch.room.data(), scratch.room.size(), std::numeric_limits<float>::quiet_NaN());
      conv->run_columns(in, weights.data(), columns, sums.data(), 2, nullptr, scratch);
      EXPECT_TRUE(
          test::same_bits(std::span(expected).subspan(static_cast<size_t>(i) * image, image), sums.span()))
          << kernel_set_name(set) << " input " << c.input.to_string() << " columns " << columns << " kernel "
          << c.kernel[0] << "x" << c.kernel[1] << (c.same ? " same" : " valid");
    }
  }
  return planes;
}

TEST_P(Conv2DTest, ColumnsEqualTheReference) {
  std::mt19937 rng(5678);
  const auto pick = picker(rng);
  int planes = 0;
  for (int i = 0; i < 300; ++i) {
    Case c = random_case(rng);
    c.bias = c.normalize = c.add = false;
    c.activation = 0;
    c.input = Shape{pick(1, 20), pick(1, 40), pick(1, 19)};
    c.filters = i % 5 == 0 ? pick(10, 70) : pick(1, 9);
    if (i % 4 != 0) c.strides = c.dilation = {1, 1};
    if (i % 3 == 0) c.kernel = {pick(1, 7), pick(1, 7)};
    planes += expect_equal_columns(c, GetParam(), rng);
  }
  EXPECT_GT(planes, 100);
}

INSTANTIATE_TEST_SUITE_P(All, Conv2DTest, testing::Values(Values::ordinary, Values::sparse, Values::nasty));

// The reference itself against sums done by hand.
TEST(Conv2DReference, SumsInTheOrderKhKwCin) {
  Weight kernel{"k", Shape{1, 2, 2, 1}, {1e8f, 1.0f, -1e8f, 1.0f}};
  const std::vector<Weight> weights{kernel};
  ops::Conv2D op{.kernel = 0, .kernel_size = {1, 2}, .filters = 1};
  KernelContext context{.weights = weights, .inputs = {Shape{1, 2, 2}}, .output = Shape{1, 1, 1}};
  const std::vector<float> in{1.0f, 1.0f, 1.0f, 1.0f};
  float out = 0;
  const float* const inputs[] = {in.data()};
  make_kernel(op, context)->run({.inputs = inputs, .output = &out, .images = 1, .batch = 2});
  // ((1e8 + 1) - 1e8) + 1: the first 1 is lost, the last is not.
  EXPECT_EQ(out, 1.0f);
}

// A 1x1 convolution over more than 1,280 channels is cut behind every 1,280th: 2^60 and -2^60 in one block
// leave what is added after them, in two blocks nothing but the second's rest.
TEST(Conv2DReference, CutsThePointwiseSumsOfMoreThan1280Channels) {
  constexpr int64_t kChannels = 1300;
  const auto left_of = [&](KernelSet set, int64_t stride, size_t a, size_t b) {
    std::vector<Weight> weights{{"k", Shape{1, 1, kChannels, 1}, std::vector<float>(kChannels, 1.0f)}};
    weights[0].values[a] = 0x1p60f;
    weights[0].values[b] = -0x1p60f;
    const ops::Conv2D op{.kernel = 0, .strides = {stride, 1}, .filters = 1};
    KernelContext context{.weights = weights, .inputs = {Shape{3, 1, kChannels}}, .output = {}, .set = set};
    context.output = ops::infer_shape(op, context.inputs);
    const AlignedBuffer in(std::vector<float>(3 * kChannels, 1.0f));
    std::vector<float> out(static_cast<size_t>(context.output.elements()));
    const float* const inputs[] = {in.data()};
    make_kernel(op, context)->run({.inputs = inputs, .output = out.data(), .images = 1, .batch = 1});
    return out.back();
  };
  for (KernelSet set : available_kernel_sets()) {
    for (int64_t stride : {1, 2}) {
      EXPECT_EQ(left_of(set, stride, 0, 1), 1298.0f) << kernel_set_name(set);
      EXPECT_EQ(left_of(set, stride, 0, 1279), 20.0f) << kernel_set_name(set);
      EXPECT_EQ(left_of(set, stride, 0, 1280), 0.0f) << kernel_set_name(set);
      EXPECT_EQ(left_of(set, stride, 1280, 1281), 1298.0f) << kernel_set_name(set);
    }
  }
}

// Windows that share no columns: those of a row are channels of one pixel, if they divide the image. The
// chain of a block goes on in the next row before the next block begins. The figures are TensorFlow 2.14's.
TEST(Conv2DReference, CutsTheRowsOfWindowsThatDoNotOverlap) {
  constexpr int64_t kChannels = 704;  // a row of 1,408
  const auto left_of = [&](int64_t width, size_t a, size_t b) {
    std::vector<Weight> weights{{"k", Shape{2, 2, kChannels, 1}, std::vector<float>(4 * kChannels, 1.0f)}};
    weights[0].values[a] = 0x1p60f;
    weights[0].values[b] = -0x1p60f;
    const ops::Conv2D op{.kernel = 0, .kernel_size = {2, 2}, .strides = {2, 2}, .filters = 1};
    KernelContext context{.weights = weights, .inputs = {Shape{2, width, kChannels}}, .output = {}};
    context.output = ops::infer_shape(op, context.inputs);
    const AlignedBuffer in(std::vector<float>(static_cast<size_t>(2 * width * kChannels), 1.0f));
    std::vector<float> out(static_cast<size_t>(context.output.elements()));
    const float* const inputs[] = {in.data()};
    make_kernel(op, context)->run({.inputs = inputs, .output = out.data(), .images = 1, .batch = 1});
    return out.back();
  };
  EXPECT_EQ(left_of(2, 0, 1), 2814.0f);
  EXPECT_EQ(left_of(2, 0, 1279), 1536.0f);
  EXPECT_EQ(left_of(2, 0, 1280), 0.0f);
  EXPECT_EQ(left_of(2, 0, 1408), 1535.0f);
  EXPECT_EQ(left_of(2, 1280, 1407), 2688.0f);
  EXPECT_EQ(left_of(2, 1280, 2815), 2560.0f);
  EXPECT_EQ(left_of(3, 0, 1280), 1535.0f);  // a column is left over: a single chain
}

// A zero of a Pad is multiplied: 0 * Inf = NaN. A tap outside a "same" convolution is left out.
TEST(Conv2DReference, BordersOfInfiniteWeights) {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<Weight> weights{{"k", Shape{3, 1, 1, 1}, {inf, 1.0f, 0.5f}}};
  for (KernelSet set : available_kernel_sets()) {
    ops::Conv2D op{.kernel = 0, .kernel_size = {3, 1}, .filters = 1, .padding = ops::Padding::same};
    KernelContext context{
        .weights = weights, .inputs = {Shape{2, 1, 1}}, .output = Shape{2, 1, 1}, .set = set};
    const AlignedBuffer in(std::vector<float>{2.0f, 4.0f});
    std::vector<float> out(2);
    const float* const inputs[] = {in.data()};
    make_kernel(op, context)->run({.inputs = inputs, .output = out.data(), .images = 1, .batch = 2});
    EXPECT_EQ(out[0], 4.0f);
    EXPECT_EQ(out[1], inf);
    op.padding = ops::Padding::valid;
    context.explicit_padding = {{{1, 1}, {0, 0}}};
    make_kernel(op, context)->run({.inputs = inputs, .output = out.data(), .images = 1, .batch = 2});
    EXPECT_TRUE(is_nan(out[0]));
    EXPECT_EQ(out[1], inf);
  }
}

// Keras computes a dilated convolution on an image with a border of zeros, also for padding="same".
TEST(Conv2DReference, TheBorderOfADilatedConvolutionIsMultiplied) {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<Weight> weights{{"k", Shape{3, 1, 1, 1}, {inf, 1.0f, 0.5f}}};
  for (KernelSet set : available_kernel_sets()) {
    const ops::Conv2D op{
        .kernel = 0, .kernel_size = {3, 1}, .dilation = {2, 1}, .filters = 1, .padding = ops::Padding::same};
    const KernelContext context{
        .weights = weights, .inputs = {Shape{3, 1, 1}}, .output = Shape{3, 1, 1}, .set = set};
    const AlignedBuffer in(std::vector<float>{2.0f, 4.0f, 6.0f});
    std::vector<float> out(3);
    const float* const inputs[] = {in.data()};
    make_kernel(op, context)->run({.inputs = inputs, .output = out.data(), .images = 1, .batch = 2});
    EXPECT_TRUE(is_nan(out[0]) && is_nan(out[1])) << kernel_set_name(set);
    EXPECT_EQ(out[2], inf);
  }
}

}  // namespace
}  // namespace tf_injector::detail
