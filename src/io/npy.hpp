// Reads NumPy's .npy and .npz files of numbers, and writes the same bytes as np.save.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace tf_injector::detail {

struct NpyArray {
  std::string dtype;  // "<f4", "|u1", "<i8", ...: as in the header
  std::vector<int64_t> shape;
  bool fortran_order = false;  // always false: parse_npy transposes
  std::vector<uint8_t> bytes;  // C order, little-endian

  [[nodiscard]] int64_t elements() const;  // 0 when a dimension is 0
  // The values converted: to_float32 takes any float or integer dtype, to_int64 any integer dtype. Throw
  // Error(bad_input); the message does not name the array, which the caller adds.
  [[nodiscard]] std::vector<float> to_float32() const;
  [[nodiscard]] std::vector<int64_t> to_int64() const;
};

// Parses a whole .npy file; `label` names it in messages. Throws Error(bad_input): damaged, an object array,
// or a size that does not match the header.
[[nodiscard]] NpyArray parse_npy(std::span<const uint8_t> bytes, const std::string& label);
[[nodiscard]] NpyArray read_npy(const std::string& path);
// All arrays of an .npz file, by their names without ".npy". Throws Error(bad_input).
[[nodiscard]] std::map<std::string, NpyArray> read_npz(const std::string& path);

// The bytes that np.save (NumPy 1.26, format 1.0) writes before the data of an array in C order.
[[nodiscard]] std::string npy_header(const std::string& dtype, std::span<const int64_t> shape);
// The whole .npy file of a float32 matrix (rows x columns). NaN bits are kept.
[[nodiscard]] std::string npy_bytes(std::span<const float> values, int64_t rows, int64_t columns);
// The .npz file that np.savez writes of the members <name>.npy, but with a fixed time stamp, so that equal
// content gives equal bytes. Throws OutputError above 4 GiB.
[[nodiscard]] std::string npz_bytes(const std::map<std::string, std::string>& npy_files);

}  // namespace tf_injector::detail
