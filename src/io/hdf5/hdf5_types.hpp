// The shapes and element types of HDF5 data sets and attributes. Internal to io/.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "io/hdf5/hdf5_bytes.hpp"

namespace tf_injector::detail::hdf5 {

struct Dataspace {
  bool is_null = false;  // neither a shape nor a scalar
  std::vector<uint64_t> dims;
  uint64_t elements = 1;
};
// Throws Damaged, also for more elements than any file holds.
[[nodiscard]] Dataspace read_dataspace(std::span<const uint8_t> message);

enum class Kind : uint8_t {
  float16,
  float32,
  float64,
  signed_integer,
  unsigned_integer,
  opaque,
  fixed_text,
  variable_text,
  other
};
enum class Padding : uint8_t { ends_at_nul, nuls, spaces };  // of fixed text

struct ElementType {
  Kind kind = Kind::other;
  size_t bytes = 0;
  bool is_big_endian = false;
  Padding padding = Padding::ends_at_nul;
};
// Throws Damaged.
[[nodiscard]] ElementType read_type(std::span<const uint8_t> message);

}  // namespace tf_injector::detail::hdf5
