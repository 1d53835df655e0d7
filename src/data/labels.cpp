#include "data/labels.hpp"

#include <fmt/format.h>

#include <limits>

#include "core/shape.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::data {

std::vector<int32_t> labels_of(const NpyArray& array, const std::string& what) {
  const char kind = array.dtype.size() > 1 ? array.dtype[1] : '?';
  if (kind != 'i' && kind != 'u') {
    throw DatasetError(
        fmt::format("{}: labels of type '{}', expected integers (class numbers from 0)", what, array.dtype));
  }
  const std::vector<int64_t>& shape = array.shape;
  const bool column = shape.size() == 2 && shape[1] == 1;
  if (shape.size() != 1 && !column) {
    const bool one_hot = shape.size() == 2 && shape[1] > 1;
    throw DatasetError(
        fmt::format("{}: labels of shape {}, expected (N,) or (N, 1){}", what, Shape(shape).to_string(),
                    one_hot ? "; give class numbers instead of one-hot rows: argmax(axis=1)" : ""));
  }
  std::vector<int64_t> numbers;
  try {
    numbers = array.to_int64();
  } catch (const Error& error) {
    throw DatasetError(what + ": " + error.what());
  }
  std::vector<int32_t> labels;
  labels.reserve(numbers.size());
  for (int64_t number : numbers) {
    if (number < 0 || number > std::numeric_limits<int32_t>::max()) {
      throw DatasetError(
          fmt::format("{}: label {} of image {} (from 0) is no class number", what, number, labels.size()));
    }
    labels.push_back(static_cast<int32_t>(number));
  }
  return labels;
}

void check_labels(const std::vector<int32_t>& labels, int32_t classes, const std::string& what) {
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0 && labels[i] < classes) continue;
    throw DatasetError(
        fmt::format("{}: label {} of image {} (from 0) is outside 0..{}", what, labels[i], i, classes - 1));
  }
}

}  // namespace tf_injector::data
