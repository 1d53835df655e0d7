// NumPy's .npy and .npz: reading arrays of numbers, writing exactly the bytes of np.save.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace tf_injector {

struct NpyArray {
  std::string dtype;  // "<f4", "|u1", "<i8", ...: as in the header
  std::vector<int64_t> shape;
  bool fortran_order = false;  // always false after parse_npy: it transposes
  std::vector<uint8_t> bytes;  // C order, little-endian

  [[nodiscard]] int64_t elements() const;  // 0 when a dimension is 0
  // Values converted; float32 from any float or integer dtype. Throws Error(bad_input)
  // that says what is wrong but not where: the caller knows what the array is.
  [[nodiscard]] std::vector<float> to_float32() const;
  [[nodiscard]] std::vector<int64_t> to_int64() const;
};

// `label` names the array in messages. Refuses object arrays and sizes that do not match. Throws
// Error(bad_input).
[[nodiscard]] NpyArray parse_npy(std::span<const uint8_t> bytes, const std::string& label);
[[nodiscard]] NpyArray read_npy(const std::string& path);
// All arrays of an .npz, by name without ".npy".
[[nodiscard]] std::map<std::string, NpyArray> read_npz(const std::string& path);

// The bytes np.save (NumPy 1.26, format 1.0) writes before the data of a C-ordered array.
[[nodiscard]] std::string npy_header(const std::string& dtype, std::span<const int64_t> shape);
// The whole .npy of a float32 matrix (rows x columns). NaNs are written as given.
[[nodiscard]] std::string npy_bytes(std::span<const float> values, int64_t rows, int64_t columns);
// A zip with stored members <name>.npy as np.savez writes it, but with fixed times (same content, same
// bytes).
[[nodiscard]] std::string npz_bytes(const std::map<std::string, std::string>& npy_files);

}  // namespace tf_injector
