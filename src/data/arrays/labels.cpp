#include "data/arrays/labels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/shape.hpp"
#include "data/arrays/dtype_name.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {

namespace {

// A hint for labels in another form: how to convert them to class numbers.
std::string shape_hint(const std::vector<int64_t>& shape) {
  if (shape.size() == 2 && shape[1] > 1 && shape[0] != 1)
    return "; give class numbers instead of one-hot rows: y.argmax(axis=1)";
  const auto longer = std::count_if(shape.begin(), shape.end(), [](int64_t n) { return n != 1; });
  return !shape.empty() && longer <= 1 ? "; store them as y.reshape(-1)" : "";
}

std::string type_hint(const NpyArray& array) {
  const char kind = array.dtype.size() > 1 ? array.dtype[1] : '?';
  if (kind == 'b') return "; store them as y.astype(np.int64)";
  if (kind == 'U' || kind == 'S')
    return "; the number of each class is its place among the model's outputs: np.array([names.index(c) for "
           "c "
           "in y])";
  if (kind != 'f') return "";
  const std::vector<float> values = array.to_float32();
  const auto broken = std::find_if(values.begin(), values.end(),
                                   [](float v) { return !(v == std::trunc(v)) || std::isinf(v); });
  if (broken == values.end()) return "; store them as y.astype(np.int64)";
  return fmt::format("; label {} of image {} (from 0) is no class", *broken, broken - values.begin());
}

bool are_signs(const std::vector<int64_t>& numbers) {
  const auto has = [&](int64_t n) { return std::find(numbers.begin(), numbers.end(), n) != numbers.end(); };
  return has(-1) && has(1) &&
         std::all_of(numbers.begin(), numbers.end(), [](int64_t n) { return n == -1 || n == 1; });
}

bool is_column(const std::vector<int64_t>& shape) { return shape.size() == 2 && shape[1] == 1; }

}  // namespace

std::vector<int32_t> labels_of(const NpyArray& array, const std::string& what) {
  const std::vector<int64_t>& shape = array.shape;
  if (shape.size() != 1 && !is_column(shape)) {
    throw DatasetError(fmt::format("{}: labels of shape {}, expected (N,) or (N, 1){}", what,
                                   Shape(shape).to_string(), shape_hint(shape)));
  }
  const char kind = array.dtype.size() > 1 ? array.dtype[1] : '?';
  if (kind != 'i' && kind != 'u') {
    throw DatasetError(fmt::format("{}: labels of type {}, expected integers (class numbers from 0){}", what,
                                   dtype_name(array.dtype), type_hint(array)));
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
          fmt::format("{}: label {} of image {} (from 0) is no class number{}", what, number, labels.size(),
                      are_signs(numbers) ? "; classes of -1 and 1 are stored as (y + 1) // 2" : ""));
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

}  // namespace tf_injector::detail::data
