// The faulted layer: epilogue and comparison with golden of every fault's own output channel.
#include "replay/simd/pack_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "replay/simd/columns.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "replay/simd/lanes-inl.hpp"
#include "replay/simd/pack_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::replay::simd::HWY_NAMESPACE {

// The faults of one vector, from `first` on.
HWY_INLINE void columns_of_vector(const ColumnsCall& call, int32_t first) {
  const Floats d;
  const Bits u;
  const hn::RebindToSigned<Floats> i32;
  const auto count = static_cast<size_t>(HWY_MIN(kLanes, call.faults - first));
  const auto faults = hn::FirstN(d, count);
  const auto channels = hn::MaskedLoad(hn::FirstN(i32, count), i32, call.channel + first);
  EpilogueCall sum = call.epilogue;
  sum.add = nullptr;
  for (size_t i = 0; i < call.positions.size(); ++i) {
    const int64_t position = call.positions[i], pixel = position * call.channels;
    float* values = call.values + position * call.faults + first;
    Vec y = finish_sum(sum, hn::LoadU(d, values), first, 0);
    if (call.epilogue.add != nullptr) y = hn::Add(y, hn::GatherIndex(d, call.epilogue.add + pixel, channels));
    y = activate(sum, y);
    const Vec golden = hn::GatherIndex(d, call.golden + pixel, channels);
    const LaneMask differs = lanes_that_differ(hn::Xor(hn::BitCast(u, y), hn::BitCast(u, golden)));
    hn::BlendedStore(y, faults, d, values);
    if (first == 0) call.differs[i] = 0;
    call.differs[i] |= (differs & ((LaneMask{1} << count) - 1)) << first;
  }
}

void columns(const ColumnsCall& call) {
  for (int32_t l = 0; l < call.faults; l += kLanes) columns_of_vector(call, l);
}

}  // namespace tf_injector::detail::replay::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
