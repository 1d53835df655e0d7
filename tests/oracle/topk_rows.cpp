// What the metrics make of the rows of a float32 .npy, for comparison with NumPy (test_topk.py).
//   topk_rows K ROWS.npy OUT.npy
// OUT: int32, rows x (k + classes + 1) with k = min(K, classes): the chosen indices in order, one flag per
// label (in_top_k), argmax.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "io/file.hpp"
#include "io/npy.hpp"
#include "metrics/top_k.hpp"

namespace {

void append(std::string& bytes, int value) {
  const auto bits = static_cast<uint32_t>(value);
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<char>((bits >> shift) & 0xFF));
}

std::string selection_of_rows(const std::vector<float>& values, int64_t rows, int64_t classes, int k) {
  const int chosen_count = static_cast<int>(std::min<int64_t>(k, classes));
  const std::vector<int64_t> shape{rows, chosen_count + classes + 1};
  std::string bytes = tf_injector::detail::npy_header("<i4", shape);
  std::vector<int> chosen;
  for (int64_t row = 0; row < rows; ++row) {
    const std::span<const float> scores(values.data() + row * classes, static_cast<size_t>(classes));
    tf_injector::detail::top_k(scores, k, chosen);
    for (int index : chosen) append(bytes, index);
    for (int label = 0; label < classes; ++label)
      append(bytes, tf_injector::detail::in_top_k(scores, k, label));
    append(bytes, tf_injector::detail::argmax(scores));
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: topk_rows K ROWS.npy OUT.npy\n");
    return 2;
  }
  try {
    const tf_injector::detail::NpyArray rows = tf_injector::detail::read_npy(argv[2]);
    if (rows.shape.size() != 2)
      throw std::runtime_error(std::string(argv[2]) + ": expected a matrix of scores");
    tf_injector::detail::write_atomic(
        argv[3], selection_of_rows(rows.to_float32(), rows.shape[0], rows.shape[1], std::stoi(argv[1])));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "topk_rows: %s\n", error.what());
    return 1;
  }
  return 0;
}
