// What is small: lanes of rows joined, rows added, the largest changes, squares.
#include "replay/simd/pack_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "replay/simd/lane_parts.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "replay/simd/lanes-inl.hpp"
#include "replay/simd/pack_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::replay::simd::HWY_NAMESPACE {

void lane_most(const LanePixel& pixel, LaneMask lanes, float* most) {
  const Floats d;
  const int32_t vectors = vectors_of(count_lanes(lanes));
  if (pixel.changed_lanes == 0) {
    for (int v = 0; v < vectors; ++v) most[v] = 0.0f;
    return;
  }
  const LanePlaces<kLaneVectors> places(pixel.changed_lanes, lanes);
  for (int v = 0; v < vectors; ++v)
    most[v] = hn::GetLane(hn::MaxOfLanes(d, places.read(pixel.delta_sq_norm, v, hn::Zero(d))));
}

int32_t lane_join(std::span<const LanePart> parts, float* row) {
  const Floats d;
  int32_t next = 0;
  for (const LanePart& part : parts) {
    for (int v = 0; part.places >> (v * kLanes) != 0; ++v) {
      const LaneMask some = lanes_of_vector(part.places, v);
      const Vec values = part.row != nullptr ? hn::LoadU(d, part.row + v * kLanes) : hn::Zero(d);
      hn::StoreU(hn::Compress(values, lane_mask(some)), d, row + next);
      next += count_lanes(some);
      if (v == kLaneVectors - 1) break;
    }
  }
  return next;
}

void lane_add(const float* rows, const int32_t* channels, int32_t count, int32_t vectors, float* sums) {
  const Floats d;
  for (int32_t i = 0; i < count; ++i) {
    float* sum = sums + static_cast<int64_t>(channels[i]) * kWidth;
    for (int32_t v = 0; v < vectors; ++v, rows += kLanes, sum += kLanes)
      hn::Store(hn::Add(hn::Load(d, sum), hn::Load(d, rows)), d, sum);
  }
}

void squares(const float* values, int64_t rows, int32_t channels, float* sums) {
  const Floats d;
  for (int64_t r = 0; r < rows; ++r, values += channels) {
    Vec sum = hn::Zero(d);
    int32_t c = 0;
    for (; c + kLanes <= channels; c += kLanes) {
      const Vec v = hn::LoadU(d, values + c);
      sum = hn::MulAdd(v, v, sum);
    }
    sums[r] = hn::GetLane(hn::SumOfLanes(d, sum));
    for (; c < channels; ++c) sums[r] += values[c] * values[c];
  }
}

}  // namespace tf_injector::detail::replay::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
