// Which outputs of a position the ReLU is not certain to clip.
#include "replay/simd/pack_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "replay/simd/lane_nonzero.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "replay/simd/lanes-inl.hpp"
#include "replay/simd/pack_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::replay::simd::HWY_NAMESPACE {

// The listed channels, by the number of pairs.
HWY_INLINE void fill_levels(const LaneNonzeroCall& call, int32_t count) {
  const hn::RebindToSigned<Floats> i32;
  for (int32_t v = 0; v < call.vectors; ++v) call.levels[v].count = 0;
  for (int32_t i = 0; i < count; i += kLanes) {
    const auto channels = hn::LoadU(i32, call.channels + i), rows = hn::Iota(i32, i);
    const auto listed = hn::FirstN(i32, static_cast<size_t>(count - i));
    const auto nonzero_in = hn::IfThenElseZero(listed, hn::LoadU(i32, call.nonzero_in + i));
    for (int32_t v = 0; v < call.vectors; ++v) {
      LaneLevel& level = call.levels[v];
      const auto here = hn::Eq(nonzero_in, hn::Set(i32, v + 1));
      hn::StoreU(hn::Compress(channels, here), i32, level.channels + level.count);
      hn::StoreU(hn::Compress(rows, here), i32, level.rows + level.count);
      level.count += static_cast<int32_t>(hn::CountTrue(i32, here));
    }
  }
}

int32_t lane_nonzero(const LaneNonzeroCall& call) {
  const Floats d;
  const Bits u;
  const Vec input_norm = hn::Set(d, call.input_norm), add_noise = hn::Set(d, call.add_noise);
  size_t count = 0;
  for (int32_t c = 0; c < call.cout; c += kLanes) {
    const Vec slope = hn::Load(d, call.slope + c);
    const Vec margin = hn::Add(hn::MulAdd(hn::Load(d, call.noise + c), input_norm, hn::LoadU(d, call.y + c)),
                               hn::Add(hn::Load(d, call.offset + c), add_noise));
    auto nonzero_in = hn::Zero(u);
    for (int32_t v = 0; v < call.vectors; ++v) {
      const Vec highest =
          hn::Add(hn::MulAdd(slope, hn::Set(d, call.reach[v]), hn::Set(d, call.shift[v])), margin);
      const auto clipped = hn::Lt(highest, hn::Zero(d));  // NaN is not less: not clipped
      nonzero_in = hn::Sub(nonzero_in, hn::BitCast(u, hn::VecFromMask(d, hn::Not(clipped))));
    }
    const auto nonzero = hn::Ne(nonzero_in, hn::Zero(u));
    hn::StoreU(hn::Compress(nonzero_in, nonzero), u, reinterpret_cast<uint32_t*>(call.nonzero_in) + count);
    hn::StoreU(hn::Compress(hn::Iota(u, static_cast<uint32_t>(c)), nonzero), u,
               reinterpret_cast<uint32_t*>(call.channels) + count);
    count += hn::CountTrue(u, nonzero);
  }
  while (count > 0 && call.channels[count - 1] >= call.cout) --count;
  const auto listed = static_cast<int32_t>(count);
  if (call.vectors > 1) fill_levels(call, listed);
  return listed;
}

}  // namespace tf_injector::detail::replay::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
