// How TensorFlow cuts the sums of a convolution: oneDNN's blocks of channels, and for groups the plan that
// Eigen makes for a matrix product on two threads (docs/numerics.md).
#include <algorithm>

#include "core/round_up.hpp"
#include "kernels/ref/reference.hpp"

namespace tf_injector::detail::ref {
namespace {

// oneDNN's largest block of input channels; floats in one of its vectors.
constexpr int64_t kChannelBlock = 1280, kVector = 16;

// Of Eigen without AVX-512, as TensorFlow is built: rows and columns that its kernel takes at once, floats in
// a packet, largest blocks of a sum for several threads and for one (the latter for 48 KiB of L1 cache).
constexpr int64_t kRows = 16, kColumns = 4, kGemmPacket = 8;
constexpr int64_t kThreads = 2, kBlockOfMany = 320, kBlockOfOne = 608;
// The least that a thread takes of a sum that two threads share.
constexpr int64_t kLeastHalf = 12 * kGemmPacket;

// Products with a vector: from so many on, sixteen at a time.
constexpr int64_t kMostAtOnce = 128, kVectorBlock = 16;

// Cycles in Eigen's cost model.
constexpr double kTransfer = 4 * (11.0 / 64);  // a float loaded or stored
constexpr double kPatch = 14.5, kWeight = 3.75;

// filters x positions results of `depth` products each.
struct Product {
  int64_t filters, positions, depth;
};

// Equal slices of at most `most` products, rounded up to whole packets.
int64_t slice_of(int64_t depth, int64_t most) {
  const int64_t slices = std::max<int64_t>(1, divide_up(depth, most));
  return std::min(depth, round_up(depth / slices, kGemmPacket));
}

// Eigen's block for one thread: the last one as large as possible.
int64_t block_of_one(const Product& p) {
  if (p.depth <= kBlockOfOne) return p.depth;
  const int64_t rest = p.depth % kBlockOfOne;
  if (rest == 0) return kBlockOfOne;
  return kBlockOfOne - 8 * ((kBlockOfOne - 1 - rest) / (8 * (p.depth / kBlockOfOne + 1)));
}

bool shards_by_column(const Product& p) {
  const int64_t rows = p.filters / kThreads, columns = p.positions / kThreads;
  if (rows >= kColumns &&
      (columns < kColumns || (columns < 4 * kColumns && p.positions % (kThreads * kColumns) != 0 &&
                              (p.filters % (kThreads * kColumns) == 0 || p.filters / p.positions >= 6))))
    return false;
  return columns >= 16 * kColumns || p.filters <= p.positions * 32;
}

// Whether the results are worth a second thread.
bool runs_in_parallel(const Product& p) {
  const auto m = static_cast<double>(p.filters), n = static_cast<double>(p.positions);
  const auto depth = static_cast<double>(slice_of(p.depth, kBlockOfMany));
  const double bandwidth = p.filters < kColumns || p.positions < kRows ? 2 : 1;
  const bool by_column = shards_by_column(p);
  const double weight = kWeight + (by_column ? 0 : kTransfer);
  const double patch = kPatch + (by_column ? kTransfer : 0);
  const double cost =
      m * n * (depth * bandwidth / kGemmPacket + kTransfer + depth / n * weight + depth / m * patch);
  return (cost - 1e5) / 1e5 + 0.9 >= kThreads;
}

// Whether each thread takes a part of every sum instead.
bool shards_sums(const Product& p) {
  if (p.depth / kThreads < 2 * kColumns) return false;
  const auto m = static_cast<double>(p.filters), n = static_cast<double>(p.positions);
  const double bandwidth = p.positions < kColumns || p.filters < kRows ? 2 : 1;
  const double total = static_cast<double>(p.depth) *
                       (bandwidth * m * n / kGemmPacket + kTransfer + m * kWeight + n * (kPatch + kTransfer));
  const double join = m * n * (3 * 11.0 / 64 + 1.0 / kGemmPacket);
  if (total / kThreads + 1e5 + kThreads * (join + 3000) >= total) return false;
  const bool parallel = runs_in_parallel(p);
  if (std::max(p.filters, p.positions) / (parallel ? kThreads : 1) < kColumns) return true;
  return p.depth / kThreads > 8 * kColumns && (std::min(p.filters, p.positions) < 2 * kColumns || !parallel);
}

// `depth` products in blocks of Eigen's, each cut as oneDNN's matrix product cuts it (not for one filter).
void append_slices(int64_t depth, int64_t slice, int64_t filters, std::vector<int64_t>& lengths) {
  for (int64_t left = depth; left > 0; left -= slice) {
    std::vector<int64_t> inner = dense_blocks(std::min(left, slice), filters, 2);
    if (inner.empty()) inner = {std::min(left, slice)};
    lengths.insert(lengths.end(), inner.begin(), inner.end());
  }
}

// At most `most` products each.
SumBlocks plain_blocks(int64_t depth, int64_t most) {
  SumBlocks blocks;
  for (int64_t left = depth; left > 0; left -= most) blocks.lengths.push_back(std::min(left, most));
  return blocks;
}

SumBlocks group_blocks(const Product& p) {
  SumBlocks blocks;
  if (shards_sums(p)) {
    const int64_t half =
        std::min(p.depth, std::max<int64_t>(kLeastHalf, round_up(divide_up(p.depth, kThreads), kGemmPacket)));
    append_slices(half, slice_of(half, kBlockOfMany), p.filters, blocks.lengths);
    if (half == p.depth) return blocks;
    blocks.second = blocks.lengths.size();
    append_slices(p.depth - half, slice_of(p.depth - half, kBlockOfMany), p.filters, blocks.lengths);
  } else {
    const int64_t most = runs_in_parallel(p) ? kBlockOfMany : block_of_one(p);
    append_slices(p.depth, slice_of(p.depth, most), p.filters, blocks.lengths);
  }
  return blocks;
}

bool is_matrix_product(const Conv2DGeometry& g, int64_t batch) {
  return g.covers && batch * g.dilation_h * g.dilation_w > 1;
}

}  // namespace

Sum conv2d_sum(const Conv2DGeometry& g, int batch) {
  if (is_matrix_product(g, batch)) return g.cout == 1 ? Sum::lanes : Sum::blocks;
  if (g.groups == 1 || g.out_h * g.out_w > 1) return g.sum;
  if (g.sum == Sum::lanes || (g.sum == Sum::blocks && batch == 1)) return Sum::plain;
  return g.sum;
}

int64_t conv2d_unit(const Conv2DGeometry& g) {
  int64_t columns = 1;
  const bool padded = g.pad_left > 0 || (g.out_w - 1) * g.stride_w + g.kernel_w > g.in_w;
  if (padded || g.dilation_w > 1) return g.cin;
  for (int64_t n = 2; n <= std::min(g.kernel_w, g.in_w); ++n) {
    const bool divides = g.kernel_w % n == 0 && g.stride_w % n == 0 && g.in_w % n == 0;
    const bool whole_vectors = g.cin * n <= kVector || g.cin * n % kVector == 0;
    if (divides && whole_vectors) columns = n;
  }
  return columns * g.cin;
}

bool conv2d_covers(const Conv2DGeometry& g) {
  constexpr int64_t kFewestTaps = 28;
  if (g.groups > 1 || g.stride_h > 1 || g.stride_w > 1 || g.kernel_h * g.kernel_w < kFewestTaps) return false;
  // Padding that is oneDNN's own, not part of the image that it is given.
  const bool dilated = g.dilation_h > 1 || g.dilation_w > 1;
  if (g.border == Border::skip && (dilated || g.kernel_h > g.in_h || g.kernel_w > g.in_w)) return false;
  // With a dilation each output is that of another image: every d-th row and column.
  return g.out_h <= g.dilation_h && g.out_w <= g.dilation_w;
}

bool conv2d_groups_may_be_cut(const Conv2DGeometry& g) {
  return g.groups > 1 && g.kernel_h * g.kernel_w * (g.cin / g.groups) > kLeastHalf;
}

bool conv2d_is_cut(const Conv2DGeometry& g) { return g.groups > 1 || conv2d_unit(g) > kChannelBlock; }

SumBlocks conv2d_blocks(const Conv2DGeometry& g, int batch) {
  if (is_matrix_product(g, batch)) {
    const int64_t depth = g.kernel_h * g.kernel_w * g.cin;
    return {.lengths = g.cout == 1 ? std::vector<int64_t>{depth} : dense_blocks(depth, g.cout, 2)};
  }
  if (g.groups == 1) return plain_blocks(conv2d_unit(g), kChannelBlock);
  const Product product{.filters = g.cout / g.groups,
                        .positions = batch * g.out_h * g.out_w,
                        .depth = g.kernel_h * g.kernel_w * (g.cin / g.groups)};
  if (conv2d_sum(g, batch) != Sum::plain) return group_blocks(product);
  // A matrix times a vector; one filter is XLA's own loop.
  const bool at_once = product.filters == 1 || product.depth < kMostAtOnce;
  return plain_blocks(product.depth, at_once ? product.depth : kVectorBlock);
}

}  // namespace tf_injector::detail::ref
