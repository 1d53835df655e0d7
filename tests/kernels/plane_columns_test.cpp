// A convolution into a few output channels over planes, and the packing of weights, against plain loops.
#include <gtest/gtest.h>

#include "kernels/same_bits.hpp"
#include "support/every_table.hpp"
#include "support/guarded_array.hpp"

namespace tf_injector::detail {
namespace {

using test::GuardedArray;
using test::PackValues;
using test::pick;

size_t idx(int64_t i) { return static_cast<size_t>(i); }

simd::ConvRows random_rows(std::mt19937& rng) {
  simd::ConvRows rows;
  rows.in_h = pick(rng, 1, 9);
  rows.in_w = pick(rng, 1, 20);
  rows.kernel_h = pick(rng, 1, 4);
  rows.kernel_w = pick(rng, 1, 4);
  rows.pad_top = pick(rng, 0, rows.kernel_h - 1);
  rows.pad_left = pick(rng, 0, rows.kernel_w - 1);
  const int below = pick(rng, 0, rows.kernel_h - 1), right = pick(rng, 0, rows.kernel_w - 1);
  rows.out_h = rows.in_h + rows.pad_top + below - rows.kernel_h + 1;
  rows.out_w = rows.in_w + rows.pad_left + right - rows.kernel_w + 1;
  rows.adds_outside = test::flip(rng);
  return rows;
}

// One chain in the order kh, kw, cin. What lies outside is a zero that is multiplied and added, or left out.
float chain(const simd::PlaneCall& call, int y, int x, int column) {
  const simd::ConvRows& g = *call.rows;
  float acc = 0.0f;
  for (int ky = 0; ky < g.kernel_h; ++ky) {
    for (int kx = 0; kx < g.kernel_w; ++kx) {
      const int in_y = y + ky - g.pad_top, in_x = x + kx - g.pad_left;
      const bool is_inside = in_y >= 0 && in_y < g.in_h && in_x >= 0 && in_x < g.in_w;
      if (!is_inside && !g.adds_outside) continue;
      for (int ci = 0; ci < call.cin; ++ci) {
        const float value = is_inside ? call.in[(in_y * g.in_w + in_x) * call.cin + ci] : 0.0f;
        const int tap = ky * g.kernel_w + kx;
        acc = std::fma(value, call.weights[(tap * call.cin + ci) * call.weights_stride + column], acc);
      }
    }
  }
  return acc;
}

void expect_plane_columns(const simd::SimdTable& table, std::mt19937& rng, PackValues kind) {
  const simd::ConvRows rows = random_rows(rng);
  if (rows.out_h < 1 || rows.out_w < 1) return;
  const int cin = pick(rng, 1, 10), columns = pick(rng, 1, 9), stride = columns + pick(rng, 0, 3);
  const std::vector<float> in = test::pack_values(rng, int64_t{rows.in_h} * rows.in_w * cin, kind);
  const std::vector<float> weights =
      test::pack_values(rng, int64_t{rows.kernel_h} * rows.kernel_w * cin * stride, kind);
  const simd::PlaneLayout layout(rows, cin, table.lanes);
  GuardedArray<float> room(idx(layout.floats(columns) + table.lanes));
  GuardedArray<float> sums(idx(int64_t{rows.out_h} * rows.out_w * columns));
  const simd::PlaneCall call{.in = in.data(),
                             .rows = &rows,
                             .cin = cin,
                             .columns = columns,
                             .weights = weights.data(),
                             .weights_stride = stride,
                             .room = room.data(),
                             .sums = sums.data()};
  table.plane_columns(call);
  size_t at = 0;
  for (int y = 0; y < rows.out_h; ++y) {
    for (int x = 0; x < rows.out_w; ++x) {
      for (int c = 0; c < columns; ++c, ++at)
        ASSERT_TRUE(test::same_bits(chain(call, y, x, c), sums[at])) << y << ' ' << x << ' ' << c;
    }
  }
  ASSERT_TRUE(room.intact());
  ASSERT_TRUE(sums.intact());
}

// Every weight has a place of its own in the packed ones; a block is [inputs][channels of the block].
TEST(PackedWeights, EveryWeightHasItsPlace) {
  for (const KernelSet set : available_kernel_sets()) {
    const simd::SimdTable* table = simd::simd_table(set);
    if (table == nullptr) continue;
    const int64_t in_block = int64_t{table->lanes} * table->vectors_per_block;
    for (const int64_t cout : {int64_t{1}, int64_t{table->lanes}, in_block, in_block + 1, 3 * in_block - 1}) {
      const int64_t depth = 5, padded = (cout + table->lanes - 1) / table->lanes * table->lanes;
      EXPECT_EQ(simd::packed_size(*table, depth, cout), depth * padded);
      for (int64_t k = 0; k < depth; ++k) {
        for (int64_t co = 0; co < cout; ++co) {
          const int64_t first = co / in_block * in_block, width = std::min(in_block, padded - first);
          EXPECT_EQ(simd::packed_index(*table, depth, cout, k, co), first * depth + k * width + co - first);
        }
      }
    }
  }
}

TEST(PlaneColumns, AreTheChainsOfEveryPosition) { test::on_every_table(50, expect_plane_columns); }

}  // namespace
}  // namespace tf_injector::detail
