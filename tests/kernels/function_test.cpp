// Functions of one element: TensorFlow's bits, and every kernel set equals the reference.
#include <gtest/gtest.h>

#include "core/aligned_buffer.hpp"
#include "core/flush_denormals.hpp"
#include "kernels/kernel.hpp"
#include "kernels/random_values.hpp"
#include "kernels/same_bits.hpp"

namespace tf_injector::detail {
namespace {

using ops::Function;
using ops::FunctionKind;

std::vector<float> floats(std::initializer_list<uint32_t> bits) {
  std::vector<float> values;
  for (uint32_t b : bits) values.push_back(bits_float(b));
  return values;
}

std::vector<float> run(const Function& op, const std::vector<float>& in, KernelSet set, int batch = 2) {
  const auto elements = static_cast<int64_t>(in.size());
  const KernelContext context{.inputs = {Shape{elements}}, .output = Shape{elements}, .set = set};
  const AlignedBuffer input{std::span<const float>(in)};
  AlignedBuffer out(in.size());
  const float* const inputs[] = {input.data()};
  const FlushDenormals flush;
  make_kernel(op, context)->run({.inputs = inputs, .output = out.data(), .images = 1, .batch = batch});
  return {out.data(), out.data() + out.size()};
}

std::vector<Function> all_functions() {
  std::vector<Function> all;
  for (int kind = 0; kind <= static_cast<int>(FunctionKind::general_relu); ++kind)
    for (ops::TensorFlow release : {ops::TensorFlow::v2_14, ops::TensorFlow::v2_21})
      all.push_back({.kind = static_cast<FunctionKind>(kind), .release = release, .alpha = 0.3f});
  all.push_back({.kind = FunctionKind::elu, .alpha = 1.0f});
  all.push_back({.kind = FunctionKind::general_relu, .max_value = 4.0f, .threshold = 0.5f});
  return all;
}

TEST(Function, EveryKernelSetEqualsTheReference) {
  std::mt19937 rng(3);
  std::uniform_int_distribution<uint32_t> bits;
  for (const Function& op : all_functions()) {
    for (int batch : {1, 2}) {
      std::vector<float> in = test::random_values(rng, 5003, test::Values::nasty);
      for (size_t i = 0; i < in.size(); i += 2) in[i] = bits_float(bits(rng));  // the whole range
      const std::vector<float> expected = run(op, in, KernelSet::scalar, batch);
      for (KernelSet set : available_kernel_sets()) {
        EXPECT_TRUE(test::same_bits(expected, run(op, in, set, batch)))
            << kernel_set_name(set) << ", " << ops::function_name(op.kind) << ", batch " << batch;
      }
    }
  }
}

// Computed by TensorFlow 2.14.1, and by 2.21 where it says so (tools/find_numerics.py holds millions of
// values).
TEST(Function, HasTensorFlowsBits) {
  const std::vector<float> in{0.7f, -0.3f, -2.9f, 5.1f, -17.0f, 90.0f, -104.5f, 0.0001f};
  struct Fact {
    Function op;
    std::vector<float> expected;
  };
  const Fact facts[] = {
      {{.kind = FunctionKind::exponential},
       floats(
           {0x4000E153, 0x3F3DA643, 0x3D616006, 0x4324059B, 0x3331CF19, 0x7F800000, 0x00000000, 0x3F800347})},
      {{.kind = FunctionKind::sigmoid},
       floats(
           {0x3F2B0E5B, 0x3ED9E2AB, 0x3D559EF9, 0x3F7E72DD, 0x3331CF19, 0x3F800000, 0x00000000, 0x3F0001A3})},
      {{.kind = FunctionKind::silu},
       floats(
           {0x3EEF7A7F, 0xBE02BB34, 0xBE1AE00E, 0x40A23606, 0xB53CEC0B, 0x42B40000, 0x80000000, 0x3851B9C5})},
      {{.kind = FunctionKind::tanh},
       floats(
           {0x3F1AB7D9, 0xBE9526ED, 0xBF7E7461, 0x3F7FFB22, 0xBF800000, 0x3F800000, 0xBF800000, 0x38D1B717})},
      {{.kind = FunctionKind::softplus},
       floats(
           {0x3F8D3533, 0x3F0DEA39, 0x3D5B64A4, 0x40A364FE, 0x3331CF19, 0x42B40000, 0x00000000, 0x3F31755F})},
      {{.kind = FunctionKind::softsign},
       floats(
           {0x3ED2D2D2, 0xBE6C4EC6, 0xBF3E5BE6, 0x3F560865, 0xBF71C71C, 0x3F7D2FD3, 0xBF7D92CE, 0x38D1B1B9})},
      {{.kind = FunctionKind::mish},
       floats(
           {0x3F0FA76C, 0xBE1AC2A8, 0xBE1EE877, 0x40A33022, 0xB53CEC0B, 0x42B40000, 0x80000000, 0x387BABF4})},
      {{.kind = FunctionKind::sigmoid, .release = ops::TensorFlow::v2_21},
       floats(
           {0x3F2B0E5A, 0x3ED9E2A9, 0x3D559EF7, 0x3F7E72DD, 0x3331CF17, 0x3F800000, 0x00000000, 0x3F0001A3})},
      {{.kind = FunctionKind::silu, .release = ops::TensorFlow::v2_21},
       floats(
           {0x3EEF7A7E, 0xBE02BB33, 0xBE1AE00D, 0x40A23606, 0xB53CEC08, 0x42B40000, 0x80000000, 0x3851B9C5})},
      {{.kind = FunctionKind::tanh, .release = ops::TensorFlow::v2_21},
       floats(
           {0x3F1AB7D8, 0xBE9526EE, 0xBF7E745F, 0x3F7FFB21, 0xBF800000, 0x3F800000, 0xBF800000, 0x38D1B717})},
      {{.kind = FunctionKind::mish, .release = ops::TensorFlow::v2_21},
       floats(
           {0x3F0FA76C, 0xBE1AC2A7, 0xBE1EE879, 0x40A33022, 0xB53CEC0B, 0x42B40000, 0x80000000, 0x387BABF2})},
      {{.kind = FunctionKind::elu, .alpha = 1.0f},
       floats(
           {0x3F333333, 0xBE84B37A, 0xBF71EA00, 0x40A33333, 0xBF7FFFFF, 0x42B40000, 0xBF800000, 0x38D1B717})},
      {{.kind = FunctionKind::selu},
       floats(
           {0x3F3C491E, 0xBEE94D3B, 0xBFD4A78C, 0x40AB7973, 0xBFE10965, 0x42BD204E, 0xBFE10966, 0x38DC5915})},
      {{.kind = FunctionKind::gelu},
       floats(
           {0x3F07D712, 0xBDEAC157, 0xBBB14D5A, 0x40A33332, 0x80000000, 0x42B40000, 0x80000000, 0x3851BB5F})},
      {{.kind = FunctionKind::gelu_tanh},
       floats(
           {0x3F07D372, 0xBDEAC2A7, 0xBBA2BF94, 0x40A33333, 0x80000000, 0x42B40000, 0x80000000, 0x3851BB5F})},
      {{.kind = FunctionKind::leaky_relu, .alpha = 0.3f},
       floats(
           {0x3F333333, 0xBDB851EC, 0xBF5EB853, 0x40A33333, 0xC0A33334, 0x42B40000, 0xC1FACCCD, 0x38D1B717})},
      {{.kind = FunctionKind::hard_sigmoid},
       floats(
           {0x3F23D70A, 0x3EE147AE, 0x00000000, 0x3F800000, 0x00000000, 0x3F800000, 0x00000000, 0x3F000150})},
      {{.kind = FunctionKind::hard_sigmoid_6},
       floats(
           {0x3F1DDDDE, 0x3EE66667, 0x3C888880, 0x3F800000, 0x00000000, 0x3F800000, 0x00000000, 0x3F000117})},
      {{.kind = FunctionKind::hard_silu},
       floats(
           {0x3EDD036A, 0xBE0A3D71, 0xBD45F920, 0x40A33333, 0x80000000, 0x42B40000, 0x80000000, 0x3851B8E0})},
      {{.kind = FunctionKind::general_relu, .alpha = 0.1f, .max_value = 4.0f, .threshold = 0.5f},
       floats({0x3F333333, 0xBDA3D70B, 0xBEAE147B, 0x40800000, 0xBFE00000, 0x40800000, 0xC1280000,
               0xBD4CC251})}};
  for (const Fact& fact : facts) {
    for (KernelSet set : available_kernel_sets()) {
      EXPECT_TRUE(test::same_bits(fact.expected, run(fact.op, in, set)))
          << kernel_set_name(set) << ", " << ops::function_name(fact.op.kind);
    }
  }
}

// In a batch of one the last elements go through the C library: TensorFlow's bits of 3.9, which differ.
TEST(Function, TheEndOfABatchOfOneIsTheCLibrarys) {
  std::vector<float> in(9, 0.5f);
  in[7] = in[8] = -3.25f;
  for (KernelSet set : available_kernel_sets()) {
    const std::vector<float> alone = run({.kind = FunctionKind::exponential}, in, set, 1);
    EXPECT_EQ(float_bits(alone[8]), float_bits(static_cast<float>(std::exp(-3.25)))) << kernel_set_name(set);
    EXPECT_EQ(float_bits(alone[7]), float_bits(run({.kind = FunctionKind::exponential}, in, set, 2)[8]));
  }
}

// With a threshold Keras 3 chooses (ops.where), Keras 2 multiplies by 0: only there Inf and NaN come through.
TEST(Function, AThresholdChoosesInKeras3) {
  const float inf = std::numeric_limits<float>::infinity(), nan = bits_float(0xFFC00000u);
  const std::vector<float> in = {-inf, nan, 3.0f, -3e38f, 0.5f, 5.0f, inf, -1.0f};
  for (KernelSet set : available_kernel_sets()) {
    Function op{.kind = FunctionKind::general_relu, .max_value = 4.0f, .threshold = 0.5f};
    EXPECT_TRUE(is_nan(run(op, in, set)[0])) << kernel_set_name(set);
    op.release = ops::TensorFlow::v2_21;
    EXPECT_TRUE(test::same_bits(std::vector<float>{0, 0, 3, 0, 0, 4, 4, 0}, run(op, in, set)))
        << kernel_set_name(set);
  }
}

TEST(Function, NanPassesEverywhere) {
  for (const Function& op : all_functions()) {
    for (KernelSet set : available_kernel_sets()) {
      for (int batch : {1, 2}) {
        for (float out : run(op, std::vector<float>(9, bits_float(0x7FC00001u)), set, batch))
          EXPECT_TRUE(is_nan(out)) << ops::function_name(op.kind);
      }
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail
