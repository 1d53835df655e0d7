// Steps that move elements: whole pixels as they lie where all channels come from one, else element by
// element.
#include <algorithm>
#include <bit>

#include "replay/forms/forms.hpp"

namespace tf_injector::detail::replay {
namespace {

// False: the pixel is not one input pixel with all its channels.
bool move_pixel(const ReplayStep& step, int64_t p, PackPixels& pixels) {
  PackedActivations& values = pixels.values();
  const MovementStep::Position& from = step.movement->positions[idx(p)];
  const int in = step.reads.front();
  if (from.source < 0) return false;
  const LanePixel pixel = values.pixel(in, from.source);
  if (pixel.changed_lanes == 0) return true;
  const PackedActivations::PixelStorage to =
      values.allocate_pixel(step.output, p, std::popcount(pixel.changed_lanes));
  std::copy_n(pixel.delta_sq_norm, (pixel.count + 1) * (pixel.rows - pixel.delta_sq_norm), to.values);
  std::transform(pixel.channels, pixel.channels + pixel.count, to.channels,
                 [&](int32_t channel) { return channel + from.shift; });
  values.commit(step.output, p, pixel.count, pixel.changed_lanes);
  ++pixels.counters().copied_pixels;
  return true;
}

// Element by element: output channels come from several pixels, or are constants.
void move_elements(const ReplayStep& step, int64_t p, PackPixels& pixels) {
  std::vector<int32_t>& row_channels = pixels.row_channels();
  const int in = step.reads.front();
  const int64_t channels = pixels.info(step.output).channels, in_channels = pixels.info(in).channels;
  const int32_t* from = step.movement->elements.data() + p * channels;
  LaneMask reach = 0;
  for (int64_t c = 0; c < channels; ++c) {
    if (from[c] != MovementKernel::kConstant)
      reach |= pixels.values().changed_lanes(in, from[c] / in_channels);
  }
  if (reach == 0) return;
  const int64_t row = pixels.row_size(reach);
  int64_t read = -1;  // the input position that `rows` are of
  simd::LaneRows rows;
  for (int64_t c = 0; c < channels; ++c) {
    float* sum = pixels.sum(c);
    if (from[c] == MovementKernel::kConstant) {
      std::fill_n(sum, row, step.movement->constant);
      continue;
    }
    if (const int64_t source = from[c] / in_channels; source != read) {
      rows = pixels.read_rows(in, source, reach);
      read = source;
    }
    const auto channel = static_cast<int32_t>(from[c] % in_channels);
    const auto end = row_channels.begin() + rows.count,
               at = std::lower_bound(row_channels.begin(), end, channel);
    if (at == end || *at != channel) {
      std::fill_n(sum, row, 0.0f);
    } else {
      std::copy_n(rows.values + (at - row_channels.begin()) * row, row, sum);
    }
  }
  pixels.finish(step, p, reach);
}

}  // namespace

void compute_movement(const ReplayStep& step, PackPixels& pixels) {
  for (int64_t p = 0; p < pixels.info(step.output).positions; ++p) {
    if (!move_pixel(step, p, pixels)) move_elements(step, p, pixels);
  }
}

}  // namespace tf_injector::detail::replay
