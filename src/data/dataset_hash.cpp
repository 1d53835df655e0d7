#include "data/dataset_hash.hpp"

#include <bit>

#include "core/shape.hpp"
#include "io/sha256.hpp"

namespace tf_injector::detail::data {

static_assert(std::endian::native == std::endian::little, "arrays are hashed as they are in memory");

std::string dataset_sha256(const Dataset& dataset) {
  Sha256 hash;
  const auto images = static_cast<int64_t>(dataset.size());
  for (const DatasetInput& input : dataset.inputs) {
    std::vector<int64_t> shape{images};
    shape.insert(shape.end(), input.shape.begin(), input.shape.end());
    const std::string line =
        input.name + (input.is_float ? " float32 " : " uint8 ") + Shape(shape).to_string() + "\n";
    hash.update(line.data(), line.size());
    hash.update(input.bytes.data(), input.bytes.size());
    hash.update(input.floats.data(), input.floats.size() * sizeof(float));
  }
  const std::string line = "labels int32 " + Shape{images}.to_string() + "\n";
  hash.update(line.data(), line.size());
  hash.update(dataset.labels.data(), dataset.labels.size() * sizeof(int32_t));
  return hash.hex();
}

}  // namespace tf_injector::detail::data
