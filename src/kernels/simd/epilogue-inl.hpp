// The element-wise end of an op, in registers. Per-target include guard: compiled once per instruction set.
#if defined(TFI_SIMD_EPILOGUE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TFI_SIMD_EPILOGUE_INL
#undef TFI_SIMD_EPILOGUE_INL
#else
#define TFI_SIMD_EPILOGUE_INL
#endif

#include <cstring>

#include "kernels/simd/simd_table.hpp"

HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::simd::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
inline constexpr Floats kFloats;
using Vec = hn::Vec<Floats>;
inline constexpr int kLanes = static_cast<int>(HWY_MAX_BYTES / sizeof(float));
// Registers decide how many vectors of channels and how many positions are worked on together.
inline constexpr bool kManyRegisters = HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_NEON;
inline constexpr int kVectorsPerBlock = kManyRegisters ? 4 : 2;

// The same pointer, kept in a register of its own: as the sum of two, an operand in memory would cost a
// micro-op more.
HWY_INLINE const float* apart(const float* pointer) {
#if defined(__GNUC__)
  __asm__("" : "+r"(pointer));
#endif
  return pointer;
}

// bias, batch normalisation, add on one vector: `channel` is its first channel, `at` its place in the output.
HWY_INLINE Vec finish_sum(const EpilogueCall& e, Vec v, int64_t channel, int64_t at) {
  const Floats d;
  if (e.bias != nullptr) v = hn::Add(v, hn::Load(d, e.bias + channel));
  if (e.mean != nullptr) {
    v = hn::Mul(hn::Sub(v, hn::Load(d, e.mean + channel)), hn::Load(d, e.istd + channel));
    v = hn::MulAdd(v, hn::Load(d, e.gamma + channel), hn::Load(d, e.beta + channel));
  }
  if (e.add != nullptr) v = hn::Add(v, hn::LoadU(d, e.add + at));
  return v;
}

HWY_INLINE Vec activate(const EpilogueCall& e, Vec v) {
  const Floats d;
  if (e.relu) v = hn::IfThenElse(hn::Le(v, hn::Zero(d)), hn::Zero(d), v);  // -0 becomes +0, NaN passes
  if (e.relu6) v = hn::IfThenElse(hn::Gt(v, hn::Set(d, 6.0f)), hn::Set(d, 6.0f), v);
  return v;
}

HWY_INLINE Vec finish(const EpilogueCall& e, Vec v, int64_t channel, int64_t at) {
  return activate(e, finish_sum(e, v, channel, at));
}

// Stores the first `count` lanes.
HWY_INLINE void store_lanes(Vec v, float* to, int64_t count) {
  const Floats d;
  if (count >= static_cast<int64_t>(hn::Lanes(d))) {
    hn::StoreU(v, d, to);
    return;
  }
  HWY_ALIGN float lanes[kLanes];
  hn::Store(v, d, lanes);
  std::memcpy(to, lanes, static_cast<size_t>(count) * sizeof(float));
}

// The first `count` lanes to out + at. kBefore: and what is in front of the activation to e.before.
template <bool kBefore>
HWY_INLINE void finish_to(const EpilogueCall& e, Vec v, int64_t channel, int64_t at, float* out,
                          int64_t count) {
  v = finish_sum(e, v, channel, at);
  if constexpr (kBefore) store_lanes(v, e.before + at, count);
  store_lanes(activate(e, v), out + at, count);
}

}  // namespace tf_injector::detail::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
