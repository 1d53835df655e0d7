// Steps that work on every channel's window alone: single channels' convolutions and maxima.
#include <algorithm>

#include "replay/forms/forms.hpp"

namespace tf_injector::detail::replay {

WindowForm::WindowForm(const ReplaySizes& sizes) {
  ArrayMaker maker;
  list_arrays(sizes, maker);
}

void WindowForm::compute(const ReplayStep& step, PackPixels& pixels) {
  PackedActivations& values = pixels.values();
  const int in = step.reads.front();
  const LaneMask at_all_positions = values.lanes_at_all_positions(step.reads);
  for (int64_t p = 0; p < pixels.info(step.output).positions; ++p) {
    LaneMask reach = at_all_positions | (step.has_add ? values.changed_lanes(step.reads.back(), p) : 0);
    for (int32_t from : step.window->geometry.windows[idx(p)].positions)
      reach |= from >= 0 ? values.changed_lanes(in, from) : 0;
    if (reach == 0) continue;
    if (step.window->is_maxima()) {
      take_maxima(step, p, reach, pixels);
    } else {
      convolve(step, p, reach, pixels);
    }
  }
}

void WindowForm::take_maxima(const ReplayStep& step, int64_t p, LaneMask reach, PackPixels& pixels) {
  std::vector<int32_t>& channels = pixels.row_channels();
  taps_.clear();
  for (const int32_t from : step.window->geometry.windows[idx(p)].positions)
    taps_.push_back(pixels.values().tap(step.reads.front(), from, 0));
  const int32_t count =
      pixels.table().lane_maxima({.pixels = taps_,
                                  .lanes = reach,
                                  .channels = static_cast<int32_t>(step.window->geometry.channels),
                                  .golden = pixels.golden().pixel(step.output, p),
                                  .next = next_.data(),
                                  .sums = pixels.sum(),
                                  .out_channels = channels.data()});
  pixels.finish(step, p, reach, {}, std::span(channels).first(idx(count)));
}

void WindowForm::convolve(const ReplayStep& step, int64_t p, LaneMask reach, PackPixels& pixels) {
  const WindowKernel& kernel = *step.window->kernel;
  const WindowGeometry::Window& window = step.window->geometry.windows[idx(p)];
  const auto channels = static_cast<int32_t>(step.window->geometry.channels);
  const auto taps = static_cast<int32_t>(window.positions.size());
  taps_.clear();
  weights_.clear();
  for (int32_t t = 0; t < taps; ++t) {
    const int32_t from = window.positions[idx(t)];
    if (from >= 0) taps_.push_back(pixels.values().tap(step.reads.front(), from, t));
    weights_.push_back(kernel.weights() + window.taps[idx(t)] * kernel.weights_stride());
  }
  const simd::LaneRows rows = pixels.table().lane_window({.taps = taps_,
                                                          .lanes = reach,
                                                          .cin = channels,
                                                          .cout = 1,
                                                          .values = values_.data(),
                                                          .weight_at = at_.data(),
                                                          .delta_sq_norm = pixels.delta_sq_norms().data()});
  std::fill_n(rows_.begin(), taps * channels, zeros_.data());
  const int64_t row = pixels.row_size(reach);
  for (int32_t i = 0; i < rows.count; ++i) rows_[idx(at_[idx(i)])] = rows.values + i * row;
  pixels.table().channel_window({.in_lanes = kernel.window_sum() == WindowSum::lanes,
                                 .taps = taps,
                                 .channels = channels,
                                 .vectors = pixels.vectors(reach),
                                 .rows = rows_.data(),
                                 .weights = weights_.data(),
                                 .sums = pixels.sum()});
  pixels.finish(step, p, reach,
                step.epilogue != nullptr ? step.epilogue->parameters() : simd::EpilogueCall{});
}

}  // namespace tf_injector::detail::replay
