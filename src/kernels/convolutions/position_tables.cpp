#include "kernels/convolutions/position_tables.hpp"

#include <algorithm>
#include <map>

#include "core/block_bytes.hpp"

namespace tf_injector::detail {
namespace {

void add_position(const ref::Conv2DGeometry& g, int64_t y, int64_t x,
                  std::map<std::vector<int32_t>, PositionTables::Class>& by_taps) {
  std::vector<int32_t> taps, offsets;
  for (int64_t kh = 0; kh < g.kernel_h; ++kh) {
    for (int64_t kw = 0; kw < g.kernel_w; ++kw) {
      const int64_t iy = y * g.stride_h + kh * g.dilation_h - g.pad_top;
      const int64_t ix = x * g.stride_w + kw * g.dilation_w - g.pad_left;
      const bool inside = iy >= 0 && iy < g.in_h && ix >= 0 && ix < g.in_w;
      if (!inside && g.border == ref::Border::skip) continue;
      taps.push_back(static_cast<int32_t>(kh * g.kernel_w + kw));
      offsets.push_back(inside ? static_cast<int32_t>((iy * g.in_w + ix) * g.cin) : simd::kOutside);
    }
  }
  PositionTables::Class& positions = by_taps[taps];
  positions.tap = taps;
  positions.input.insert(positions.input.end(), offsets.begin(), offsets.end());
  positions.output.push_back(static_cast<int32_t>(y * g.out_w + x));
}

}  // namespace

PositionTables::PositionTables(const ref::Conv2DGeometry& g) {
  std::map<std::vector<int32_t>, Class> by_taps;
  for (int64_t y = 0; y < g.out_h; ++y) {
    for (int64_t x = 0; x < g.out_w; ++x) add_position(g, y, x, by_taps);
  }
  for (auto& [taps, positions] : by_taps) classes.push_back(std::move(positions));
  // The order of the work, not of any sum.
  std::stable_sort(classes.begin(), classes.end(),
                   [](const Class& a, const Class& b) { return a.output.size() > b.output.size(); });
  places.resize(static_cast<size_t>(g.out_h * g.out_w));
  for (size_t c = 0; c < classes.size(); ++c) {
    for (size_t i = 0; i < classes[c].output.size(); ++i)
      places[static_cast<size_t>(classes[c].output[i])] = {static_cast<int32_t>(c), static_cast<int32_t>(i)};
  }
}

std::vector<simd::PositionClass> PositionTables::views() const {
  std::vector<simd::PositionClass> all;
  for (const Class& c : classes) {
    all.push_back({.taps = static_cast<int32_t>(c.tap.size()),
                   .positions = static_cast<int32_t>(c.output.size()),
                   .tap = c.tap.data(),
                   .input = c.input.data(),
                   .output = c.output.data()});
  }
  return all;
}

size_t PositionTables::bytes() const {
  size_t bytes = vector_bytes(classes) + vector_bytes(places);
  for (const Class& c : classes)
    bytes += vector_bytes(c.tap) + vector_bytes(c.input) + vector_bytes(c.output);
  return bytes;
}

}  // namespace tf_injector::detail
