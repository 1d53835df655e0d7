// exp, log1p and log of our own, against facts from exact arithmetic and against the C library's.
// TFI_EVERY_FLOAT=1 takes every float instead of one of many (scripts/long elementary).
#include "core/elementary.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>

#include "core/bits.hpp"

namespace tf_injector::detail {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Calls test(x) for floats of either sign; every one, or one of some thousand.
template <class Test>
void for_each_float(Test test) {
  const uint64_t step = std::getenv("TFI_EVERY_FLOAT") != nullptr ? 1 : 4093;
  for (uint64_t bits = 0; bits <= 0xffffffffu; bits += step) {
    const float x = bits_float(static_cast<uint32_t>(bits));
    if (!std::isnan(x)) test(x);
  }
}

// The C library's errors are below one unit in the last place of a double, ours too.
bool agrees(double ours, double librarys) {
  if (std::isnan(librarys)) return std::isnan(ours);
  if (std::isinf(librarys) || librarys == 0) return ours == librarys;
  const auto unit = std::fabs(librarys) * std::numeric_limits<double>::epsilon();
  return std::fabs(ours - librarys) <= 2 * unit && std::signbit(ours) == std::signbit(librarys);
}

// The floats are the same, unless a library of another kind errs just at the middle of two floats.
bool is_same_float(double ours, double librarys) {
  if (std::isnan(librarys)) return std::isnan(ours);
  const auto rounded = [&](double factor) { return static_cast<float>(librarys * (1.0 + factor)); };
  const double unit = std::numeric_limits<double>::epsilon();
  const auto own = static_cast<float>(ours);
  return own == rounded(0) || own == rounded(unit) || own == rounded(-unit);
}

TEST(Elementary, Log1pIsTheCLibrarysForFloats) {
  int64_t wrong = 0;
  for_each_float([&](float x) {
    const double ours = log1p_of(x), librarys = std::log1p(static_cast<double>(x));
    wrong += agrees(ours, librarys) && is_same_float(ours, librarys) ? 0 : 1;
  });
  EXPECT_EQ(wrong, 0);
}

// Of what the Gaussian window of a resize asks for, and of all that is finite.
TEST(Elementary, ExpIsTheCLibrarysForFloats) {
  int64_t wrong = 0;
  for_each_float([&](float x) {
    const double of_window = static_cast<double>(-x * x) / 0.5;
    if (x >= 0.0f && x < 1.5f) wrong += is_same_float(exp_of(of_window), std::exp(of_window)) ? 0 : 1;
    const auto d = static_cast<double>(x);
    if (std::fabs(d) < 708) wrong += agrees(exp_of(d), std::exp(d)) ? 0 : 1;
  });
  EXPECT_EQ(wrong, 0);
}

// Against a logarithm with more digits, for random numbers of every size; more of them with
// TFI_EVERY_FLOAT=1.
TEST(Elementary, LogErrsByLessThanOneUnit) {
  constexpr uint64_t kNormal = 0x0010000000000000, kEnd = 0x7ff0000000000000;
  const int64_t numbers = std::getenv("TFI_EVERY_FLOAT") != nullptr ? 1'000'000'000 : 1'000'000;
  std::mt19937_64 rng(1);
  int64_t wrong = 0;
  for (int64_t i = 0; i < numbers; ++i) {
    double x = std::bit_cast<double>(kNormal + rng() % (kEnd - kNormal));
    if (i % 2 == 0) x = 0.5 + static_cast<double>(rng() >> 11) * 0x1p-53 * 1.5;  // near 1
    const double ours = natural_log(x);
    const long double exact = std::log(static_cast<long double>(x));
    const double unit = std::nextafter(std::fabs(ours), kInfinity) - std::fabs(ours);
    wrong += std::fabs(static_cast<long double>(ours) - exact) <= unit ? 0 : 1;
  }
  EXPECT_EQ(wrong, 0);
}

TEST(Elementary, TheEndsOfTheirRanges) {
  EXPECT_EQ(exp_of(0.0), 1.0);
  EXPECT_EQ(exp_of(-0.0), 1.0);
  EXPECT_EQ(exp_of(kInfinity), kInfinity);
  EXPECT_EQ(exp_of(-kInfinity), 0.0);
  EXPECT_EQ(exp_of(710.0), kInfinity);
  EXPECT_EQ(exp_of(709.78), std::exp(709.78));
  EXPECT_EQ(exp_of(-745.0), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(exp_of(-746.0), 0.0);
  EXPECT_TRUE(std::isnan(exp_of(std::nan(""))));
  EXPECT_EQ(log1p_of(HUGE_VALF), kInfinity);
  EXPECT_EQ(log1p_of(-1.0f), -kInfinity);
  EXPECT_TRUE(std::isnan(log1p_of(-1.5f)));
  EXPECT_TRUE(std::isnan(log1p_of(std::nanf(""))));
  EXPECT_TRUE(std::signbit(log1p_of(-0.0f)));
}

// Python's decimal module, with 60 digits.
TEST(Elementary, HaveTheBitsOfExactArithmetic) {
  EXPECT_EQ(exp_of(1.0), 0x1.5bf0a8b145769p+1);
  EXPECT_EQ(exp_of(-1.0), 0x1.78b56362cef38p-2);
  EXPECT_EQ(exp_of(0.5), 0x1.a61298e1e069cp+0);
  EXPECT_EQ(exp_of(-4.5), 0x1.6c0504695c417p-7);
  EXPECT_EQ(exp_of(10.0), 0x1.5829dcf950560p+14);
  EXPECT_EQ(exp_of(-700.0), 0x1.14f2b0fb9307fp-1010);
  EXPECT_EQ(log1p_of(0x1.0000000000000p+0f), 0x1.62e42fefa39efp-1);
  EXPECT_EQ(log1p_of(-0x1.0000000000000p-1f), -0x1.62e42fefa39efp-1);
  EXPECT_EQ(log1p_of(0x1.0c6f7a0000000p-20f), 0x1.0c6f713433a29p-20);
  EXPECT_EQ(log1p_of(0x1.8000000000000p+1f), 0x1.62e42fefa39efp+0);
  EXPECT_EQ(log1p_of(0x1.f400000000000p+9f), 0x1.ba2909ce4f864p+2);
  EXPECT_EQ(log1p_of(0x1.0624de0000000p-10f), 0x1.060355c973dfbp-10);
  EXPECT_EQ(log1p_of(0x1.93e5940000000p+99f), 0x1.144f6a00a27fbp+6);
  EXPECT_EQ(natural_log(1.0), 0.0);
  EXPECT_EQ(natural_log(2.0), 0x1.62e42fefa39efp-1);
  EXPECT_EQ(natural_log(0.5), -0x1.62e42fefa39efp-1);
  EXPECT_EQ(natural_log(10.0), 0x1.26bb1bbb55516p+1);
  EXPECT_EQ(natural_log(0x1.cac083126e978p-8), -0x1.3d8edee03690bp+2);
  EXPECT_EQ(natural_log(1e-15), -0x1.144f69ff9ffc4p+5);
  EXPECT_EQ(natural_log(1e300), 0x1.5963447f87fb5p+9);
  EXPECT_EQ(natural_log(0x1p-1022), -0x1.6232bdd7abcd2p+9);
  EXPECT_EQ(natural_log(0x1.fffffffffffffp+1023), 0x1.62e42fefa39efp+9);
  EXPECT_EQ(natural_log(0x1.0000000000001p+0), 0x1.fffffffffffffp-53);
  EXPECT_EQ(natural_log(0x1.fffffffffffffp-1), -0x1p-53);
  EXPECT_EQ(natural_log(0x1.6a09e667f3bcdp+0), 0x1.62e42fefa39f0p-2);
  EXPECT_EQ(natural_log(0x1.6a09e667f3bcdp-1), -0x1.62e42fefa39eep-2);
  EXPECT_EQ(natural_log(0.99), -0x1.495453e6fd4bcp-7);
  EXPECT_EQ(natural_log(1.01), 0x1.460d6ccca367cp-7);
  EXPECT_EQ(power_of_two_of_32nds(1), 0x1.059b0d3158574p+0);
  EXPECT_EQ(power_of_two_of_32nds(16), 0x1.6a09e667f3bcdp+0);
  EXPECT_EQ(power_of_two_of_32nds(31), 0x1.f50765b6e4540p+0);
}

}  // namespace
}  // namespace tf_injector::detail
