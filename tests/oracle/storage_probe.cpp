// Weights as storage formats hold them, for comparison with NumPy (test_storage.py).
//   storage_probe decode FORMAT OUT.npy            the float32 bits of every code of bfloat16 or float16
//   storage_probe encode FORMAT IN.npy OUT.npy     the codes of float32 bits
//   storage_probe int8 CHANNELS IN.npy OUT.npy     of a kernel: scales as float32 bits, codes, and float32
//                                                  bits of all 256 codes of every channel
// All arrays are of one dimension, int32; kernels float32.
#include <cstdint>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include "core/bits.hpp"
#include "graph/storage.hpp"
#include "io/file.hpp"
#include "io/npy.hpp"

namespace {

using namespace tf_injector;
using namespace tf_injector::detail;

void write_words(const std::string& path, const std::vector<uint32_t>& words) {
  const std::vector<int64_t> shape{static_cast<int64_t>(words.size())};
  std::string bytes = npy_header("<i4", shape);
  bytes.append(reinterpret_cast<const char*>(words.data()), words.size() * sizeof(uint32_t));
  write_atomic(path, bytes);
}

std::vector<uint32_t> all_numbers(StorageFormat format) {
  std::vector<uint32_t> numbers;
  for (uint32_t code = 0; code < uint32_t{1} << storage_bits(format); ++code)
    numbers.push_back(decoded(format, code));
  return numbers;
}

// `values`: float32, whose bits are taken as they are.
std::vector<uint32_t> codes_of(StorageFormat format, std::span<const float> values) {
  std::vector<uint32_t> codes;
  codes.reserve(values.size());
  for (const float value : values) codes.push_back(encoded(format, float_bits(value)));
  return codes;
}

std::vector<uint32_t> int8_of_kernel(std::span<const float> values, size_t channels) {
  const std::vector<float> scales = int8_scales(values, channels);
  std::vector<uint32_t> words;
  for (const float scale : scales) words.push_back(float_bits(scale));
  for (size_t i = 0; i < values.size(); ++i)
    words.push_back(encoded(StorageFormat::int8, float_bits(values[i]), scales[i % channels]));
  for (const float scale : scales)
    for (uint32_t code = 0; code < 256; ++code) words.push_back(decoded(StorageFormat::int8, code, scale));
  return words;
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 3 && words[0] == "decode") {
    write_words(words[2], all_numbers(storage_named(words[1]).value()));
  } else if (words.size() == 4 && words[0] == "encode") {
    write_words(words[3], codes_of(storage_named(words[1]).value(), read_npy(words[2]).to_float32()));
  } else if (words.size() == 4 && words[0] == "int8") {
    write_words(words[3], int8_of_kernel(read_npy(words[2]).to_float32(), std::stoul(words[1])));
  } else {
    std::fprintf(stderr, "usage: storage_probe decode|encode FORMAT|int8 CHANNELS [IN.npy] OUT.npy\n");
    return 2;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "storage_probe: %s\n", error.what());
    return 1;
  }
}
