// A product of many positive factors, which neither overflows nor vanishes.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "core/elementary.hpp"

namespace tf_injector::detail {

class Product {
 public:
  void multiply(double factor) {
    mantissa_ *= factor;
    if (++count_ % kBetween == 0) {
      int exponent = 0;
      mantissa_ = std::frexp(mantissa_, &exponent);
      exponent_ += exponent;
    }
  }
  [[nodiscard]] double log() const {
    constexpr double kLog2 = 0.693147180559945309417;
    return natural_log(mantissa_) + static_cast<double>(exponent_) * kLog2;
  }

 private:
  static constexpr size_t kBetween = 16;  // factors lie between 1e-15 and 1e15
  double mantissa_ = 1;
  int64_t exponent_ = 0;
  size_t count_ = 0;
};

}  // namespace tf_injector::detail
