// Binary: broadcasting against a plain loop, the order of operands, NaN.
#include <gtest/gtest.h>

#include "core/aligned_buffer.hpp"
#include "kernels/kernel.hpp"
#include "kernels/random_values.hpp"
#include "kernels/same_bits.hpp"

namespace tf_injector::detail {
namespace {

using ops::Binary;
using ops::BinaryKind;

constexpr int kImages = 3;

// Element (h, w, c) of image n of a tensor whose axes of length 1 are stretched.
float at(const std::vector<float>& values, const Shape& shape, bool constant, int64_t n, int64_t h, int64_t w,
         int64_t c) {
  const auto place = [](int64_t i, int64_t size) { return size == 1 ? 0 : i; };
  const int64_t image = constant ? 0 : n * shape.elements();
  return values[static_cast<size_t>(image + (place(h, shape[0]) * shape[1] + place(w, shape[1])) * shape[2] +
                                    place(c, shape[2]))];
}

void compare(const Shape& a, const Shape& b, bool constant, bool constant_first) {
  std::mt19937 rng(11);
  const std::vector<float> x = test::random_values(rng, kImages * a.elements(), test::Values::ordinary);
  const std::vector<float> y =
      test::random_values(rng, (constant ? 1 : kImages) * b.elements(), test::Values::ordinary);
  const std::vector<Weight> weights{{"constant", b, y}};
  Binary op{.kind = BinaryKind::subtract, .constant_first = constant_first};
  if (constant) {
    op.constant = 0;
    op.constant_shape = b;
  }
  const Shape out_shape = ops::broadcast_shape(a, b);
  const KernelContext context{.weights = weights, .inputs = {a, b}, .output = out_shape};
  std::vector<float> out(static_cast<size_t>(kImages * out_shape.elements())), expected;
  const float* const inputs[] = {x.data(), y.data()};
  make_kernel(op, context)->run({.inputs = inputs, .output = out.data(), .images = kImages});
  for (int64_t n = 0; n < kImages; ++n) {
    for (int64_t h = 0; h < out_shape[0]; ++h) {
      for (int64_t w = 0; w < out_shape[1]; ++w) {
        for (int64_t c = 0; c < out_shape[2]; ++c) {
          const float first = at(x, a, false, n, h, w, c), second = at(y, b, constant, n, h, w, c);
          expected.push_back(constant_first ? second - first : first - second);
        }
      }
    }
  }
  EXPECT_TRUE(test::same_bits(expected, out)) << a.to_string() << " " << b.to_string();
}

TEST(Binary, StretchesAxesOfLengthOne) {
  const Shape image{4, 3, 5};
  for (const Shape& other :
       {image, Shape{1, 1, 5}, Shape{4, 3, 1}, Shape{4, 1, 5}, Shape{1, 3, 1}, Shape{1, 1, 1}}) {
    compare(image, other, false, false);
    compare(other, image, false, false);
    compare(image, other, true, false);
    compare(image, other, true, true);
    compare(other, image, true, true);
  }
  compare(Shape{4, 1, 5}, Shape{1, 3, 1}, false, false);
}

TEST(Binary, ShapesThatDoNotFitAreRefused) {
  const Shape shapes[] = {Shape{4, 3, 5}, Shape{4, 2, 5}};
  EXPECT_THROW(infer_shape(Binary{}, shapes), std::exception);
  const Shape ranks[] = {Shape{4, 3, 5}, Shape{5}};
  EXPECT_THROW(infer_shape(Binary{}, ranks), std::exception);
  const Shape one[] = {Shape{5}};
  EXPECT_THROW(infer_shape(Binary{.constant = 0, .constant_shape = Shape{2, 5}}, one), std::exception);
}

TEST(Binary, NanBeatsMaximumAndMinimum) {
  const float nan = bits_float(kCanonicalNan), inf = std::numeric_limits<float>::infinity();
  const std::vector<float> a{nan, 1.0f, nan, -inf, 2.0f}, b{1.0f, nan, nan, inf, -3.0f};
  const auto run = [&](BinaryKind kind) {
    std::vector<float> out(5);
    const KernelContext context{.inputs = {Shape{5}, Shape{5}}, .output = Shape{5}};
    const float* const inputs[] = {a.data(), b.data()};
    make_kernel(Binary{.kind = kind}, context)->run({.inputs = inputs, .output = out.data(), .images = 1});
    return out;
  };
  EXPECT_TRUE(test::same_bits(std::vector<float>{nan, nan, nan, inf, 2.0f}, run(BinaryKind::maximum)));
  EXPECT_TRUE(test::same_bits(std::vector<float>{nan, nan, nan, -inf, -3.0f}, run(BinaryKind::minimum)));
}

}  // namespace
}  // namespace tf_injector::detail
