// Concat: every element in its place, along every axis.
#include <gtest/gtest.h>

#include "kernels/kernel.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

using Floats = std::vector<float>;

Floats join(int axis, const Shape& a, const Floats& first, const Shape& b, const Floats& second,
            int images = 1) {
  KernelContext context{.inputs = {a, b}, .output = {}};
  context.output = ops::infer_shape(ops::Concat{axis}, context.inputs);
  Floats out(static_cast<size_t>(context.output.elements() * images));
  const float* const inputs[] = {first.data(), second.data()};
  make_kernel(ops::Concat{axis}, context)->run({.inputs = inputs, .output = out.data(), .images = images});
  return out;
}

TEST(Concat, JoinsAlongEveryAxis) {
  const Floats a{1, 2, 3, 4}, b{5, 6, 7, 8};
  const Shape square{2, 2, 1};
  EXPECT_EQ(join(0, square, a, square, b), (Floats{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(join(1, square, a, square, b), (Floats{1, 2, 5, 6, 3, 4, 7, 8}));
  EXPECT_EQ(join(2, square, a, square, b), (Floats{1, 5, 2, 6, 3, 7, 4, 8}));
  EXPECT_EQ(join(0, Shape{1}, {1, 2}, Shape{2}, {3, 4, 5, 6}, 2), (Floats{1, 3, 4, 2, 5, 6}));
}

TEST(Concat, RefusesWhatDoesNotFit) {
  const auto shape = [](int axis, std::vector<Shape> inputs) {
    return ops::infer_shape(ops::Concat{axis}, inputs);
  };
  EXPECT_EQ(shape(2, {Shape{4, 4, 3}, Shape{4, 4, 5}, Shape{4, 4, 1}}), (Shape{4, 4, 9}));
  EXPECT_THROW(shape(2, {Shape{4, 4, 3}, Shape{4, 5, 3}}), ModelError);
  EXPECT_THROW(shape(0, {Shape{4, 4, 3}, Shape{4, 3}}), ModelError);
  EXPECT_THROW(shape(3, {Shape{4, 4, 3}}), ModelError);
}

}  // namespace
}  // namespace tf_injector::detail
