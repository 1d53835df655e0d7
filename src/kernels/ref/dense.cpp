#include <cmath>

#include "kernels/ref/reference.hpp"
#include "kernels/ref/vectorize.hpp"

namespace tf_injector::detail::ref {

namespace {

// The K block of Eigen and oneDNN for float32, which TensorFlow uses.
constexpr int64_t kBlock = 384;
// With at least as many inputs, outputs and rows TensorFlow uses plain blocks (docs/numerics.md, "Dense").
constexpr int64_t kManyUnits = 1024;

}  // namespace

std::vector<int64_t> dense_blocks(int64_t inputs, int64_t units, int64_t rows) {
  if (rows == 1) return {inputs};
  if (units == 1) return {};
  std::vector<int64_t> blocks;
  int64_t left = inputs;
  if (units >= kManyUnits && inputs >= kManyUnits && rows >= kManyRows) {
    for (; left > 0; left -= blocks.back()) blocks.push_back(left < kBlock ? left : kBlock);
    return blocks;
  }
  for (; left >= 2 * kBlock; left -= kBlock) blocks.push_back(kBlock);
  if (left > kBlock) {
    blocks.push_back((left + 1) / 2);
    left /= 2;
  }
  if (left > 0) blocks.push_back(left);
  return blocks;
}

namespace {

TFI_VECTORIZE void dense_row(int64_t units, const float* in, const float* kernel,
                             std::span<const int64_t> blocks, float* out) {
  int64_t k = 0;
  for (size_t b = 0; b < blocks.size(); ++b) {
    for (int64_t first = 0; first < units;
         first += 64) {  // some outputs at a time, so that their chains fit on the stack
      float acc[64] = {};
      const int64_t count = units - first < 64 ? units - first : 64;
      for (int64_t i = 0; i < blocks[b]; ++i) {
        const float* w = kernel + (k + i) * units + first;
        for (int64_t co = 0; co < count; ++co) acc[co] = std::fma(in[k + i], w[co], acc[co]);
      }
      for (int64_t co = 0; co < count; ++co) out[first + co] = b == 0 ? acc[co] : out[first + co] + acc[co];
    }
    k += blocks[b];
  }
}

}  // namespace

void dense(int64_t inputs, int64_t units, const float* in, const float* kernel, const float* bias,
           std::span<const int64_t> blocks, float* out, int64_t rows) {
  for (int64_t r = 0; r < rows; ++r) {
    float* row = out + r * units;
    if (blocks.empty()) {
      LaneSum sum(inputs);
      for (int64_t k = 0; k < inputs; ++k) sum.add(in[r * inputs + k], kernel[k]);
      row[0] = sum.result();
    } else {
      dense_row(units, in + r * inputs, kernel, blocks, row);
    }
    if (bias != nullptr) {
      for (int64_t co = 0; co < units; ++co) row[co] = row[co] + bias[co];
    }
  }
}

}  // namespace tf_injector::detail::ref
