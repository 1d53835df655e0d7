// Functions of one element: kernels/ref/eigen_math.hpp and ref/function.cpp on vectors, the same roundings.
#include "kernels/simd/simd_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/function.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "kernels/simd/epilogue-inl.hpp"
#include "kernels/simd/simd_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::simd::HWY_NAMESPACE {

namespace functions {

HWY_INLINE Vec set(float x) { return hn::Set(kFloats, x); }
// a * b + c, rounded twice.
HWY_INLINE Vec mul_add(Vec a, Vec b, Vec c) { return hn::Add(hn::Mul(a, b), c); }

HWY_INLINE Vec flushed(Vec x) {
  return hn::IfThenElse(hn::Lt(hn::Abs(x), set(1.17549435e-38f)), hn::CopySign(hn::Zero(kFloats), x), x);
}

// x > highest ? highest : x; NaN passes.
HWY_INLINE Vec at_most(Vec x, float highest) {
  return hn::IfThenElse(hn::Gt(x, set(highest)), set(highest), x);
}
HWY_INLINE Vec at_least(Vec x, float lowest) {
  return hn::IfThenElse(hn::Lt(x, set(lowest)), set(lowest), x);
}
HWY_INLINE Vec relu(Vec x) { return hn::IfThenElse(hn::Le(x, hn::Zero(kFloats)), hn::Zero(kFloats), x); }

HWY_INLINE Vec exp(Vec x) {
  const hn::RebindToSigned<Floats> ints;
  const Vec clamped = at_most(x, 88.723f);
  const Vec m = hn::Floor(mul_add(clamped, set(1.44269504088896341f), set(0.5f)));
  Vec r = mul_add(m, set(-0.693359375f), clamped);
  r = mul_add(m, set(2.12194440e-4f), r);
  const Vec r2 = hn::Mul(r, r);
  Vec even = mul_add(r2, set(1.37449637986719608306884765625e-3f), set(4.166965186595916748046875e-2f));
  const Vec odd = mul_add(r2, set(8.36894474923610687255859375e-3f), set(0.16666518151760101318359375f));
  even = mul_add(r2, even, set(0.49999988079071044921875f));
  Vec y = mul_add(r, odd, even);
  y = mul_add(r2, y, hn::Add(r, set(1.0f)));
  // 2^m in two steps, m cut to what matters so that the integers stay in range for any x.
  const auto exponent = hn::ConvertTo(ints, hn::Max(m, set(-200.0f)));
  const auto half = hn::ShiftRight<1>(exponent);
  const auto bias = hn::Set(ints, 127);
  const auto power = [&](auto e) { return hn::BitCast(kFloats, hn::ShiftLeft<23>(hn::Add(e, bias))); };
  y = hn::Mul(hn::Mul(y, power(half)), power(hn::Sub(exponent, half)));
  y = hn::IfThenElse(hn::Lt(y, x), x, y);
  y = hn::IfThenElse(hn::IsNaN(x), x, y);
  return hn::IfThenElse(hn::Lt(x, set(-104.0f)), hn::Zero(kFloats), y);
}

HWY_INLINE Vec sigmoid(Vec x) {
  const Vec e = exp(x);
  return hn::IfThenElse(hn::Eq(e, set(HUGE_VALF)), set(1.0f), hn::Div(e, hn::Add(set(1.0f), e)));
}

// TensorFlow 2.21's: see eigen_logistic_2_21 and eigen_tanh_2_21.
HWY_INLINE Vec sigmoid_2_21(Vec x) {
  const hn::RebindToSigned<Floats> ints;
  const Vec half = hn::Mul(at_most(x, 16.6355324f), set(0.5f));
  const Vec m = hn::Floor(mul_add(half, set(1.44269504088896341f), set(0.5f)));
  Vec r = mul_add(m, set(-0.693359375f), half);
  r = mul_add(m, set(2.12194440e-4f), r);
  const Vec r2 = hn::Mul(r, r);
  const Vec even = mul_add(r2, set(4.1898667812347412109375e-2f), set(0.49999141693115234375f));
  const Vec odd = mul_add(r2, set(8.33471305668354034423828125e-3f), set(0.16666877269744873046875f));
  Vec p = mul_add(r, odd, even);
  p = mul_add(r2, p, hn::Add(r, set(1.0f)));
  const auto exponent = hn::Add(hn::ConvertTo(ints, hn::Max(m, set(-100.0f))), hn::Set(ints, 127));
  const Vec e = hn::Mul(p, hn::BitCast(kFloats, hn::ShiftLeft<23>(exponent)));
  const Vec squared = hn::Mul(e, e);
  const Vec y = hn::Div(squared, hn::Add(set(1.0f), squared));
  return hn::IfThenElse(hn::Lt(x, set(-104.0f)), hn::Zero(kFloats), hn::IfThenElse(hn::IsNaN(x), x, y));
}

HWY_INLINE Vec tanh_2_21(Vec x) {
  constexpr float kClamp = 7.90738964080810547f;
  const Vec c = at_least(at_most(x, kClamp), -kClamp);
  const Vec x2 = hn::Mul(c, c), x3 = hn::Mul(x2, c);
  Vec p = mul_add(set(1.394553628e-8f), x2, set(2.102733560e-5f));
  p = mul_add(p, x2, set(3.520756727e-3f));
  p = mul_add(p, x2, set(1.340216100e-1f));
  Vec q = mul_add(set(8.015776984e-7f), x2, set(3.326951409e-4f));
  q = mul_add(q, x2, set(2.597254514e-2f));
  q = mul_add(q, x2, set(4.673548340e-1f));
  q = mul_add(q, x2, set(1.0f));
  return hn::Div(mul_add(x3, p, c), q);
}

HWY_INLINE Vec tanh(Vec x) {
  constexpr float kClamp = 7.90531110763549805f;
  const Vec c = at_least(at_most(flushed(x), kClamp), -kClamp);
  const Vec x2 = hn::Mul(c, c);
  Vec p = mul_add(x2, set(-2.76076847742355e-16f), set(2.00018790482477e-13f));
  p = mul_add(x2, p, set(-8.60467152213735e-11f));
  p = mul_add(x2, p, set(5.12229709037114e-08f));
  p = mul_add(x2, p, set(1.48572235717979e-05f));
  p = mul_add(x2, p, set(6.37261928875436e-04f));
  p = mul_add(x2, p, set(4.89352455891786e-03f));
  p = hn::Mul(c, p);
  Vec q = mul_add(x2, set(1.19825839466702e-06f), set(1.18534705686654e-04f));
  q = mul_add(x2, q, set(2.26843463243900e-03f));
  q = mul_add(x2, q, set(4.89352518554385e-03f));
  return hn::IfThenElse(hn::Lt(hn::Abs(c), set(0.0004f)), c, hn::Div(p, q));
}

HWY_INLINE Vec erf(Vec x) {
  const Vec x2 = hn::Mul(x, x);
  Vec p = mul_add(x2, set(0.00022905065861350646f), set(0.0034082910107109506f));
  p = mul_add(x2, p, set(0.050955695062380861f));
  p = mul_add(x2, p, set(0.18520832239976145f));
  p = mul_add(x2, p, set(1.128379143519084f));
  p = hn::Mul(x, p);
  Vec q = mul_add(x2, set(-1.1791602954361697e-7f), set(0.000023547966471313185f));
  q = mul_add(x2, q, set(0.0010179625278914885f));
  q = mul_add(x2, q, set(0.014070470171167667f));
  q = mul_add(x2, q, set(0.11098505178285362f));
  q = mul_add(x2, q, set(0.49746925110067538f));
  q = mul_add(x2, q, set(1.0f));
  return hn::IfThenElse(hn::Le(set(3.832506856900711f), hn::Abs(x)), hn::CopySign(set(1.0f), x),
                        hn::Div(p, q));
}

HWY_INLINE Vec elu(Vec x) {
  return hn::IfThenElse(hn::Lt(x, hn::Zero(kFloats)), hn::Sub(exp(x), set(1.0f)), x);
}

HWY_INLINE Vec selu(Vec x) {
  const Vec below = hn::Mul(set(1.7580993408473768599402175208123f), hn::Sub(exp(x), set(1.0f)));
  return hn::IfThenElse(hn::Lt(x, hn::Zero(kFloats)), below,
                        hn::Mul(set(1.0507009873554804934193349852946f), x));
}

HWY_INLINE Vec hard_sigmoid_6(Vec x) {
  return hn::Div(at_most(relu(hn::Add(x, set(3.0f))), 6.0f), set(6.0f));
}

// Whole vectors; `call.count` is rounded up (arrays are padded).
template <class Compute>
HWY_INLINE void for_each(const FunctionCall& call, Compute compute) {
  for (int64_t i = 0; i < call.count; i += kLanes) {
    store_lanes(compute(hn::LoadU(kFloats, call.in + i)), call.out + i, call.count - i);
  }
}

}  // namespace functions

bool function(const FunctionCall& call) {
  namespace f = functions;
  using ops::FunctionKind;
  const float alpha = call.alpha;
  const bool v2_21 = call.release == ops::TensorFlow::v2_21;
  switch (call.kind) {
    case FunctionKind::exponential:
      f::for_each(call, [](Vec x) { return f::exp(x); });
      return true;
    case FunctionKind::sigmoid:
      v2_21 ? f::for_each(call, [](Vec x) { return f::sigmoid_2_21(x); })
            : f::for_each(call, [](Vec x) { return f::sigmoid(x); });
      return true;
    case FunctionKind::silu:
      v2_21 ? f::for_each(call, [](Vec x) { return hn::Mul(x, f::sigmoid_2_21(x)); })
            : f::for_each(call, [](Vec x) { return hn::Mul(x, f::sigmoid(x)); });
      return true;
    case FunctionKind::tanh:
      v2_21 ? f::for_each(call, [](Vec x) { return f::tanh_2_21(x); })
            : f::for_each(call, [](Vec x) { return f::tanh(x); });
      return true;
    case FunctionKind::elu:
      if (alpha == 1.0f) {
        f::for_each(call, [](Vec x) { return f::elu(x); });
      } else {
        f::for_each(call, [alpha](Vec x) {
          return hn::IfThenElse(hn::Gt(x, hn::Zero(kFloats)), x, hn::Mul(f::set(alpha), f::elu(x)));
        });
      }
      return true;
    case FunctionKind::selu:
      f::for_each(call, [](Vec x) { return f::selu(x); });
      return true;
    case FunctionKind::gelu:
      f::for_each(call, [](Vec x) {
        const Vec half = hn::Mul(f::set(0.5f), x);
        return hn::Mul(half, hn::Add(f::set(1.0f), f::erf(hn::Div(x, f::set(1.4142135623730951f)))));
      });
      return true;
    case FunctionKind::leaky_relu:
      f::for_each(call, [alpha](Vec x) {
        return hn::IfThenElse(hn::Gt(x, hn::Zero(kFloats)), x, hn::Mul(x, f::set(alpha)));
      });
      return true;
    case FunctionKind::hard_sigmoid:
      f::for_each(call, [](Vec x) {
        return f::at_least(f::at_most(f::mul_add(x, f::set(0.2f), f::set(0.5f)), 1.0f), 0.0f);
      });
      return true;
    case FunctionKind::hard_sigmoid_6:
      f::for_each(call, [](Vec x) { return f::hard_sigmoid_6(x); });
      return true;
    case FunctionKind::hard_silu:
      f::for_each(call, [](Vec x) { return hn::Mul(x, f::hard_sigmoid_6(x)); });
      return true;
    default:
      return false;
  }
}

}  // namespace tf_injector::detail::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
