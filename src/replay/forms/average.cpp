// Averages over windows: rows added in the kernel's order, zeros left out.
#include <algorithm>

#include "core/bits.hpp"
#include "replay/forms/forms.hpp"

namespace tf_injector::detail::replay {
namespace {

bool has_negative_zero(const float* values, int64_t count) {
  bool found = false;
  for (int64_t i = 0; i < count; ++i) found |= float_bits(values[i]) == float_bits(-0.0f);
  return found;
}

}  // namespace

AverageForm::AverageForm(const ReplaySizes& sizes) {
  ArrayMaker maker;
  list_arrays(sizes, maker);
}

void AverageForm::compute(const ReplayStep& step, PackPixels& pixels) {
  PackedActivations& values = pixels.values();
  const AverageGeometry& g = step.average->geometry;
  const int in = step.reads.front();
  const LaneMask at_all_positions = values.lanes_at_all_positions(step.reads);
  for (int64_t p = 0; p < pixels.info(step.output).positions; ++p) {
    LaneMask reach = at_all_positions;
    for (int32_t from : g.windows[idx(p)].positions) reach |= values.changed_lanes(in, from);
    if (reach == 0) continue;
    average_window(step, p, reach, pixels);
    pixels.finish(step, p, reach);
  }
}

// x + 0 is x for every x but -0. A sum begins at +0 and becomes -0 only where it is flushed (-1e-39, say);
// one that ends otherwise has met no zero while it was -0, or has lost that sign again.
void AverageForm::average_window(const ReplayStep& step, int64_t p, LaneMask reach, PackPixels& pixels) {
  if (!sum_window(step, p, reach, false, pixels)) {
    ++pixels.counters().negative_zeros;
    (void)sum_window(step, p, reach, true, pixels);
  }
  const AverageGeometry& g = step.average->geometry;
  const auto divisor = static_cast<float>(g.windows[idx(p)].positions.size());
  float* sums = pixels.sum();
  for (int64_t e = 0; e < g.channels * pixels.width(); ++e) sums[e] = sums[e] / divisor;
}

bool AverageForm::sum_window(const ReplayStep& step, int64_t p, LaneMask reach, bool with_zeros,
                             PackPixels& pixels) {
  const AverageGeometry& g = step.average->geometry;
  const std::vector<int32_t>& window = g.windows[idx(p)].positions;
  const int64_t size = g.channels * pixels.width();
  const auto add = [&](size_t i, float* sums) {
    if (with_zeros) {
      pixels.load_operand(step.reads.front(), window[i], reach);
      const float* operand = pixels.operand();
      for (int64_t e = 0; e < size; ++e) sums[e] = sums[e] + operand[e];
      return;
    }
    const simd::LaneRows rows = pixels.read_rows(step.reads.front(), window[i], reach);
    pixels.table().lane_add(rows.values, pixels.row_channels().data(), rows.count, pixels.vectors(reach),
                            sums);
  };
  float* sums = pixels.sum();
  std::fill_n(sums, size, 0.0f);
  bool is_exact = true;
  if (g.striped > 0) {
    std::fill_n(stripes_.data(), size * g.stripes, 0.0f);
    for (int64_t i = 0; i < g.striped; ++i) add(idx(i), stripes_.data() + i % g.stripes * size);
    is_exact = !has_negative_zero(stripes_.data(), size * g.stripes);
    std::copy_n(stripes_.data(), size, sums);
    for (int s = 1; s < g.stripes; ++s) {
      const float* stripe = stripes_.data() + s * size;
      for (int64_t e = 0; e < size; ++e) sums[e] = sums[e] + stripe[e];
    }
  }
  for (size_t i = idx(g.striped); i < window.size(); ++i) add(i, sums);
  return is_exact && !has_negative_zero(sums, size);
}

}  // namespace tf_injector::detail::replay
