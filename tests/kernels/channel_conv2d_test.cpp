// Convolutions of single channels and of groups: every kernel set equals the reference; the order of the
// sums.
#include <gtest/gtest.h>

#include "core/aligned_buffer.hpp"
#include "kernels/kernel.hpp"
#include "kernels/random_values.hpp"
#include "kernels/ref/reference.hpp"
#include "kernels/same_bits.hpp"

namespace tf_injector::detail {
namespace {

struct Layer {
  int64_t size, channels, filters, groups;
  std::array<int64_t, 2> kernel, strides, dilation;
  ops::Padding padding;
  bool border;  // zeros around it that are multiplied
};

// Clean and with a fault in the middle weight. `name`: ends that of the kernels that are no reference.
template <class Op>
void expect_equal_sets(Op op, const Layer& layer, Shape kernel_shape, test::Values values, std::mt19937& rng,
                       const std::string& name = "") {
  constexpr int kImages = 3;
  const Shape input{layer.size, layer.size + 1, layer.channels};
  const int64_t more = layer.border ? 3 : 0;
  const Shape padded{input[0] + more, input[1] + more, layer.channels};
  std::vector<Weight> weights{{"k", kernel_shape, test::random_values(rng, kernel_shape.elements(), values)},
                              {"b", Shape{layer.filters}, test::random_values(rng, layer.filters, values)},
                              {"v", Shape{layer.filters}, test::random_values(rng, layer.filters, values)}};
  for (float& v : weights[2].values) v = std::fabs(v);
  op.kernel = 0;
  op.bias = 1;
  op.kernel_size = layer.kernel;
  op.strides = layer.strides;
  op.dilation = layer.dilation;
  op.padding = layer.padding;
  KernelContext context{.weights = weights, .inputs = {input}, .output = {}};
  context.output = ops::infer_shape(op, std::span(&padded, 1));
  if (layer.border) context.explicit_padding = {{{1, 2}, {2, 1}}};
  context.epilogue.batch_normalization = ops::BatchNormalization{1, 1, 1, 2, 1e-3f};
  context.epilogue.add = true;
  context.epilogue.activation = ops::ActivationKind::relu6;
  const AlignedBuffer in(
      std::span<const float>(test::random_values(rng, input.elements() * kImages, values)));
  const AlignedBuffer add(
      std::span<const float>(test::random_values(rng, context.output.elements() * kImages, values)));
  const Patch patch{
      .weight = 0, .element = kernel_shape.elements() / 2, .old_bits = 0, .new_bits = 0x7F812345};
  const auto run = [&](KernelSet set, bool patched) {
    context.set = set;
    std::unique_ptr<Kernel> kernel = make_kernel(op, context);
    EXPECT_TRUE(kernel->holds(0));
    EXPECT_TRUE(set == KernelSet::scalar || kernel->name().ends_with(name)) << kernel->name();
    if (patched) kernel = kernel->patched(patch);
    AlignedBuffer out(static_cast<size_t>(context.output.elements() * kImages));
    const float* const inputs[] = {in.data(), add.data()};
    kernel->run({.inputs = inputs, .output = out.data(), .images = kImages, .batch = 7});
    return std::vector<float>(out.data(), out.data() + out.size());
  };
  for (KernelSet set : available_kernel_sets()) {
    for (bool patched : {false, true}) {
      EXPECT_TRUE(test::same_bits(run(KernelSet::scalar, patched), run(set, patched)))
          << kernel_set_name(set) << " channels " << layer.channels << " kernel " << layer.kernel[0] << "x"
          << layer.kernel[1] << (patched ? ", patched" : "");
    }
  }
}

// A filter for each channel.
Layer one_filter_a_channel(int64_t size, int64_t channels, const std::array<int64_t, 2>& kernel) {
  return {.size = size,
          .channels = channels,
          .filters = channels,
          .groups = channels,
          .kernel = kernel,
          .strides = {1, 1},
          .dilation = {1, 1},
          .padding = ops::Padding::same,
          .border = false};
}

// Such a layer as Keras' DepthwiseConv2D and as a Conv2D with groups, which sum in other orders.
void expect_equal_sets_of_both(const Layer& layer, test::Values values, std::mt19937& rng) {
  const auto [height, width] = layer.kernel;
  expect_equal_sets(ops::DepthwiseConv2D{}, layer, Shape{height, width, layer.channels, 1}, values, rng);
  expect_equal_sets(ops::Conv2D{.groups = layer.groups, .filters = layer.filters}, layer,
                    Shape{height, width, 1, layer.channels}, values, rng);
}

class ChannelConv2D : public testing::TestWithParam<test::Values> {};

TEST_P(ChannelConv2D, EveryKernelSetEqualsTheReference) {
  std::mt19937 rng(5);
  for (int64_t channels : {1, 3, 4, 16, 17, 40}) {
    for (const std::array<int64_t, 2> kernel :
         {std::array<int64_t, 2>{1, 1}, {1, 3}, {2, 2}, {3, 3}, {4, 4}, {5, 5}, {5, 7}}) {
      for (int option = 0; option < 4; ++option) {
        Layer layer = one_filter_a_channel(8, channels, kernel);
        if (option == 1) layer.strides = {2, 2};
        if (option == 2) layer.dilation = {2, 1};
        if (option == 3) {
          layer.padding = ops::Padding::valid;
          layer.border = true;
        }
        expect_equal_sets_of_both(layer, GetParam(), rng);
      }
    }
  }
}

// Groups of several filters: sums of one chain, cut ones, and those of which each thread takes a half.
TEST_P(ChannelConv2D, GroupsOfSeveralFiltersEqualTheReference) {
  std::mt19937 rng(6);
  struct Case {
    int64_t size, groups, cin, cout;  // of a group
    std::array<int64_t, 2> kernel, strides, dilation;
    ops::Padding padding;
    bool border;
  };
  constexpr auto same = ops::Padding::same, valid = ops::Padding::valid;
  for (const Case& c : {Case{8, 2, 4, 3, {3, 3}, {1, 1}, {1, 1}, same, false},
                        Case{8, 5, 1, 2, {3, 3}, {2, 2}, {1, 1}, same, false},
                        Case{8, 3, 8, 8, {3, 2}, {1, 1}, {2, 1}, same, false},
                        Case{8, 2, 5, 20, {1, 1}, {1, 1}, {1, 1}, valid, false},
                        Case{8, 2, 7, 33, {3, 3}, {1, 1}, {1, 1}, valid, true},
                        Case{8, 2, 16, 70, {2, 3}, {1, 2}, {1, 1}, valid, true},
                        Case{8, 2, 40, 40, {3, 3}, {1, 1}, {1, 1}, same, false},
                        Case{3, 2, 40, 5, {3, 3}, {1, 1}, {1, 1}, same, false},
                        Case{2, 2, 96, 24, {3, 3}, {1, 1}, {1, 1}, same, false},
                        Case{5, 3, 80, 2, {3, 3}, {1, 1}, {1, 1}, same, false}}) {
    const Layer layer{.size = c.size,
                      .channels = c.groups * c.cin,
                      .filters = c.groups * c.cout,
                      .groups = c.groups,
                      .kernel = c.kernel,
                      .strides = c.strides,
                      .dilation = c.dilation,
                      .padding = c.padding,
                      .border = c.border};
    expect_equal_sets(ops::Conv2D{.groups = c.groups, .filters = layer.filters}, layer,
                      Shape{c.kernel[0], c.kernel[1], c.cin, layer.filters}, GetParam(), rng,
                      ":grouped_conv2d");
  }
}

// Of more than 96 products the sum of a group may be cut in two, as Eigen cuts it for two threads: by the
// number of positions in the batch. TensorFlow 2.14 (on a Zen 5 with AVX-512) gives the reference's bits:
// Conv2D of 3 groups with kernels of 12x9, 11x11, 10x10 and 9x12 on images of 9 to 14 rows, in batches of 2
// to 32.
TEST_P(ChannelConv2D, GroupsWithLargeWindowsEqualTheReference) {
  std::mt19937 rng(7);
  for (const std::array<int64_t, 2> kernel :
       {std::array<int64_t, 2>{8, 12}, {97, 1}, {9, 11}, {12, 9}, {11, 11}, {8, 16}}) {
    for (const int64_t size : {4, 9, 11}) {
      for (const int64_t channels : {3, 17})
        expect_equal_sets_of_both(one_filter_a_channel(size, channels, kernel), GetParam(), rng);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, ChannelConv2D,
                         testing::Values(test::Values::ordinary, test::Values::sparse, test::Values::nasty));

// The number in the place of each product, 2^60 and -2^60 in two of them: what is left says what was added
// after the two had met.
float left_of(int64_t count, int64_t a, int64_t b) {
  ref::LaneSum sum(count);
  for (int64_t i = 0; i < count; ++i) sum.add(1.0f, i == a ? 0x1p60f : i == b ? -0x1p60f : 1.0f);
  return sum.result();
}

TEST(LaneSum, AddsInTensorFlowsOrder) {
  // Nine: ((((0 1) (4 5)) ((2 3) (6 7))) 8), found by the same experiment with TensorFlow 2.14.
  EXPECT_EQ(left_of(9, 0, 1), 7.0f);
  EXPECT_EQ(left_of(9, 0, 4), 5.0f);
  EXPECT_EQ(left_of(9, 1, 5), 5.0f);
  EXPECT_EQ(left_of(9, 2, 3), 7.0f);
  EXPECT_EQ(left_of(9, 0, 7), 1.0f);
  EXPECT_EQ(left_of(9, 0, 8), 0.0f);
  // Twenty-five: two chains of eight lanes, then eight, then one.
  EXPECT_EQ(left_of(25, 0, 8), 23.0f);
  EXPECT_EQ(left_of(25, 0, 9), 21.0f);
  EXPECT_EQ(left_of(25, 16, 17), 23.0f);
  EXPECT_EQ(left_of(25, 0, 16), 1.0f);
  // Thirty-five: ... (32 33)) 34)
  EXPECT_EQ(left_of(35, 0, 24), 31.0f);
  EXPECT_EQ(left_of(35, 0, 32), 1.0f);
  EXPECT_EQ(left_of(35, 32, 33), 33.0f);
  EXPECT_EQ(left_of(35, 33, 34), 0.0f);
}

std::vector<float> run_reference(const ops::Conv2D& op, const std::vector<Weight>& weights, Shape input,
                                 const std::vector<float>& values, int batch) {
  KernelContext context{.weights = weights, .inputs = {input}, .output = {}};
  context.output = ops::infer_shape(op, context.inputs);
  std::vector<float> out(static_cast<size_t>(context.output.elements()));
  const float* const inputs[] = {values.data()};
  make_kernel(op, context)->run({.inputs = inputs, .output = out.data(), .images = 1, .batch = batch});
  return out;
}

// 1 + 2^-12 squared is 1 + 2^-11 + 2^-24: rounded on its own it loses the last term, in an fma it does not.
TEST(GroupedConv2D, RoundsTheProductsOfASingleOutputPosition) {
  const float x = 1.0f + 0x1p-12f;
  const std::vector<Weight> one_filter{{"k", Shape{1, 2, 1, 2}, {-1.0f, -1.0f, x, x}}};
  const ops::Conv2D lanes{.kernel = 0, .kernel_size = {1, 2}, .groups = 2, .filters = 2};
  const std::vector<float> in{1.0f + 0x1p-11f, 1.0f + 0x1p-11f, x, x};
  EXPECT_EQ(run_reference(lanes, one_filter, Shape{1, 2, 2}, in, 1)[0], 0.0f);
  EXPECT_EQ(run_reference(lanes, one_filter, Shape{1, 2, 2}, in, 2)[0], 0.0f);
  const std::vector<Weight> two_filters{{"k", Shape{1, 2, 1, 4}, {-1, -1, -1, -1, x, x, x, x}}};
  const ops::Conv2D chains{.kernel = 0, .kernel_size = {1, 2}, .groups = 2, .filters = 4};
  EXPECT_EQ(run_reference(chains, two_filters, Shape{1, 2, 2}, in, 1)[0], 0.0f);
  EXPECT_EQ(run_reference(chains, two_filters, Shape{1, 2, 2}, in, 2)[0], 0x1p-24f);
}

// What is left of 2^60 in product 0, -2^60 in product `b` and ones elsewhere: how many are added after both
// have met. A 1x1 convolution with two groups of `filters`, over `positions` pixels of a batch.
float left_of_group(int64_t depth, int64_t filters, int64_t positions, int batch, int64_t b) {
  std::vector<Weight> weights{{"k", Shape{1, 1, depth, 2 * filters}, {}}};
  weights[0].values.assign(static_cast<size_t>(depth * 2 * filters), 1.0f);
  weights[0].values[0] = 0x1p60f;
  weights[0].values[static_cast<size_t>(b * 2 * filters)] = -0x1p60f;
  const ops::Conv2D op{.kernel = 0, .groups = 2, .filters = 2 * filters};
  const std::vector<float> in(static_cast<size_t>(positions * 2 * depth), 1.0f);
  return run_reference(op, weights, Shape{1, positions, 2 * depth}, in, batch)[0];
}

// The figures are TensorFlow 2.14's with two threads.
TEST(GroupedConv2D, CutsSumsAsEigenDoesOnTwoThreads) {
  EXPECT_EQ(left_of_group(324, 48, 10, 2, 321), 2.0f);  // a small product, one thread: a chain
  EXPECT_EQ(left_of_group(324, 48, 25, 1, 321), 0.0f);  // each thread half of every sum
  EXPECT_EQ(left_of_group(324, 48, 25, 1, 167), 156.0f);
  EXPECT_EQ(left_of_group(200, 4, 200, 1, 102), 97.0f);  // few filters: the same for shorter sums
  EXPECT_EQ(left_of_group(200, 4, 200, 1, 104), 0.0f);
  EXPECT_EQ(left_of_group(200, 48, 50, 4, 104), 95.0f);  // each thread half of the results: slices of 320
  EXPECT_EQ(left_of_group(360, 48, 50, 4, 183), 176.0f);
  EXPECT_EQ(left_of_group(360, 48, 50, 4, 184), 0.0f);
  EXPECT_EQ(left_of_group(1000, 48, 50, 4, 255), 744.0f);
  EXPECT_EQ(left_of_group(1000, 48, 50, 4, 256), 488.0f);
  EXPECT_EQ(left_of_group(1000, 48, 25, 1, 256), 496.0f);  // halves, in slices of 256
  EXPECT_EQ(left_of_group(1000, 48, 25, 1, 512), 0.0f);
}

// A matrix times a vector: sixteen products at a time from 128 on.
TEST(GroupedConv2D, SumsOfASingleOutputPositionAreCutInSixteens) {
  EXPECT_EQ(left_of_group(127, 4, 1, 1, 16), 110.0f);
  EXPECT_EQ(left_of_group(128, 4, 1, 1, 15), 112.0f);
  EXPECT_EQ(left_of_group(128, 4, 1, 1, 16), 96.0f);
}

// Eigen multiplies the zeros of padding="same" when there are groups; oneDNN's depthwise code leaves them
// out.
TEST(GroupedConv2D, BordersOfInfiniteWeights) {
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<Weight> weights{{"k", Shape{3, 1, 1, 2}, {inf, inf, 1.0f, 1.0f, 0.5f, 0.5f}}};
  for (KernelSet set : available_kernel_sets()) {
    KernelContext context{
        .weights = weights, .inputs = {Shape{2, 1, 2}}, .output = Shape{2, 1, 2}, .set = set};
    const AlignedBuffer in(std::vector<float>{2.0f, 2.0f, 4.0f, 4.0f});
    std::vector<float> out(4);
    const float* const inputs[] = {in.data()};
    make_kernel(
        ops::Conv2D{
            .kernel = 0, .kernel_size = {3, 1}, .groups = 2, .filters = 2, .padding = ops::Padding::same},
        context)
        ->run({.inputs = inputs, .output = out.data(), .images = 1, .batch = 2});
    EXPECT_TRUE(is_nan(out[0])) << kernel_set_name(set);
    EXPECT_EQ(out[2], inf);
    make_kernel(ops::DepthwiseConv2D{.kernel = 0, .kernel_size = {3, 1}, .padding = ops::Padding::same},
                context)
        ->run({.inputs = inputs, .output = out.data(), .images = 1, .batch = 2});
    EXPECT_EQ(out[0], 4.0f) << kernel_set_name(set);
    EXPECT_EQ(out[2], inf);
  }
}

TEST(DepthwiseConv2D, GivesTheFiltersOfAChannelOneBehindTheOther) {
  const std::vector<Weight> weights{{"k", Shape{1, 1, 2, 2}, {1.0f, 2.0f, 3.0f, 4.0f}}};
  for (KernelSet set : available_kernel_sets()) {
    const KernelContext context{
        .weights = weights, .inputs = {Shape{1, 1, 2}}, .output = Shape{1, 1, 4}, .set = set};
    const AlignedBuffer in(std::vector<float>{10.0f, 100.0f});
    std::vector<float> out(4);
    const float* const inputs[] = {in.data()};
    make_kernel(ops::DepthwiseConv2D{.kernel = 0, .multiplier = 2}, context)
        ->run({.inputs = inputs, .output = out.data(), .images = 1, .batch = 2});
    EXPECT_EQ(out, (std::vector<float>{10.0f, 20.0f, 300.0f, 400.0f}));
  }
}

}  // namespace
}  // namespace tf_injector::detail
