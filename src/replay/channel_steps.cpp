// The steps that work on every channel alone (single channels' convolutions, maxima) and those that put
// channels one behind the other, for one pack of faults.
#include <algorithm>

#include "replay/pack_executor.hpp"

namespace tf_injector::replay {

void PackExecutor::replay_window(const ReplayStep& step) {
  const int in = step.reads.front();
  const LaneMask at_all_positions = values_.lanes_at_all_positions(step.reads);
  for (int64_t p = 0; p < info(step.output).positions; ++p) {
    LaneMask reach = at_all_positions | (step.has_add ? values_.changed_lanes(step.reads.back(), p) : 0);
    for (int32_t from : step.window->geometry.windows[idx(p)].positions)
      reach |= from >= 0 ? values_.changed_lanes(in, from) : 0;
    if (reach == 0) continue;
    if (step.window->is_maxima()) {
      maxima_position(step, p, reach);
    } else {
      window_position(step, p, reach);
    }
  }
}

void PackExecutor::maxima_position(const ReplayStep& step, int64_t p, LaneMask reach) {
  window_taps_.clear();
  for (const int32_t from : step.window->geometry.windows[idx(p)].positions)
    window_taps_.push_back(values_.tap(step.reads.front(), from, 0));
  const int32_t count = table_.lane_maxima({.pixels = window_taps_,
                                            .lanes = reach,
                                            .channels = static_cast<int32_t>(step.window->geometry.channels),
                                            .golden = golden_.pixel(step.output, p),
                                            .next = window_next_.data(),
                                            .sums = sums_.data(),
                                            .out_channels = row_channels_.data()});
  finish_sums(step, p, {}, reach, std::span(row_channels_).first(idx(count)));
}

void PackExecutor::window_position(const ReplayStep& step, int64_t p, LaneMask reach) {
  const WindowKernel& kernel = *step.window->kernel;
  const WindowGeometry::Window& window = step.window->geometry.windows[idx(p)];
  const auto channels = static_cast<int32_t>(step.window->geometry.channels);
  const auto taps = static_cast<int32_t>(window.positions.size());
  window_taps_.clear();
  window_weights_.clear();
  for (int32_t t = 0; t < taps; ++t) {
    const int32_t from = window.positions[idx(t)];
    if (from >= 0) window_taps_.push_back(values_.tap(step.reads.front(), from, t));
    window_weights_.push_back(kernel.weights() + window.taps[idx(t)] * kernel.weights_stride());
  }
  const simd::LaneRows rows = table_.lane_window({.taps = window_taps_,
                                                  .lanes = reach,
                                                  .cin = channels,
                                                  .cout = 1,
                                                  .values = window_values_.data(),
                                                  .weight_at = window_at_.data(),
                                                  .delta_sq_norm = delta_sq_norms_.data()});
  std::fill_n(window_rows_.begin(), taps * channels, zeros_.data());
  const int64_t row = vectors(reach) * table_.lanes;
  for (int32_t i = 0; i < rows.count; ++i) window_rows_[idx(window_at_[idx(i)])] = rows.values + i * row;
  table_.channel_window({.in_lanes = kernel.window_sum() == WindowSum::lanes,
                         .taps = taps,
                         .channels = channels,
                         .vectors = vectors(reach),
                         .rows = window_rows_.data(),
                         .weights = window_weights_.data(),
                         .sums = sums_.data()});
  finish_sums(step, p, step.epilogue != nullptr ? step.epilogue->parameters() : simd::EpilogueCall{}, reach);
}

void PackExecutor::replay_join(const ReplayStep& step) {
  for_each_reached(step, [&](int64_t p, LaneMask reach) { join_position(step, p, reach); });
}

// The rows of the inputs' pixels, golden's where an input has not changed. The change is the sum of theirs.
void PackExecutor::join_position(const ReplayStep& step, int64_t p, LaneMask reach) {
  const int64_t stride = vectors(reach) * table_.lanes;
  const PackedActivations::PixelStorage to = values_.allocate_pixel(step.output, p, std::popcount(reach));
  std::fill_n(to.values, stride, 0.0f);
  int32_t rows = 0, shift = 0;
  for (int value : step.reads) {
    float* const values = to.values + (rows + 1) * stride;
    const simd::LaneRows read = read_rows(value, p, reach, values, to.channels + rows);
    for (int64_t l = 0; l < stride; ++l) to.values[l] += delta_sq_norms_[idx(l)];
    if (read.values != values) std::copy_n(read.values, read.count * stride, values);
    for (int32_t i = 0; i < read.count; ++i) to.channels[rows++] += shift;
    shift += static_cast<int32_t>(info(value).channels);
  }
  values_.commit(step.output, p, rows, reach);
}

}  // namespace tf_injector::replay
