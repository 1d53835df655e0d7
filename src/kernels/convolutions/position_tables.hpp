// Which input pixels the output positions of a convolution read.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/ref/reference.hpp"
#include "kernels/simd/simd_table.hpp"

namespace tf_injector::detail {

// Which input pixels every output position reads, and which positions read the same taps. Shared by a kernel
// and its patched copies.
struct PositionTables {
  struct Class {
    std::vector<int32_t> tap, input, output;  // see simd::PositionClass
  };
  struct Place {
    int32_t in_class = 0, index = 0;
  };
  std::vector<Class> classes;  // most positions first
  std::vector<Place> places;   // of every output position
  explicit PositionTables(const ref::Conv2DGeometry& g);
  // As the SIMD kernels take them.
  [[nodiscard]] std::vector<simd::PositionClass> views() const;
  [[nodiscard]] size_t bytes() const;
};

}  // namespace tf_injector::detail
