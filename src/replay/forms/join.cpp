// Steps that put the channels of their inputs one behind the other.
#include <algorithm>
#include <bit>

#include "replay/forms/forms.hpp"

namespace tf_injector::detail::replay {
namespace {

// The rows of the inputs' pixels, golden ones where an input has not changed. Squared norms of deltas add up.
void join_pixel(const ReplayStep& step, int64_t p, LaneMask reach, PackPixels& pixels) {
  PackedActivations& activations = pixels.values();
  const AlignedBuffer& delta_sq_norms = pixels.delta_sq_norms();
  const int64_t stride = pixels.row_size(reach);
  const PackedActivations::PixelStorage to = activations.allocate_pixel(step.output, p, std::popcount(reach));
  std::fill_n(to.values, stride, 0.0f);
  int32_t rows = 0, shift = 0;
  for (int value : step.reads) {
    float* const values = to.values + (rows + 1) * stride;
    const simd::LaneRows read = pixels.read_rows(value, p, reach, values, to.channels + rows);
    for (int64_t l = 0; l < stride; ++l) to.values[l] += delta_sq_norms[idx(l)];
    if (read.values != values) std::copy_n(read.values, read.count * stride, values);
    for (int32_t i = 0; i < read.count; ++i) to.channels[rows++] += shift;
    shift += static_cast<int32_t>(pixels.info(value).channels);
  }
  activations.commit(step.output, p, rows, reach);
}

}  // namespace

void compute_join(const ReplayStep& step, PackPixels& pixels) {
  pixels.for_each_reached(step, [&](int64_t p, LaneMask reach) { join_pixel(step, p, reach, pixels); });
}

}  // namespace tf_injector::detail::replay
