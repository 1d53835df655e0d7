// Widens the two 16-bit float formats to float32, exactly; NaN payloads are kept.
#pragma once

#include <cstdint>

#include "core/bits.hpp"

namespace tf_injector::detail {

// IEEE 754 binary16: 1 sign, 5 exponent and 10 mantissa bits.
inline float half_to_float(uint16_t half) noexcept {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1Fu;
  const uint32_t mantissa = half & 0x3FFu;
  if (exponent == 0x1F) return bits_float(sign | 0x7F800000u | mantissa << 13);
  if (exponent != 0) return bits_float(sign | (exponent + 112) << 23 | mantissa << 13);
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;  // zero or subnormal
  return bits_float(sign | float_bits(magnitude));
}

// bfloat16 is the upper half of a float32.
inline float bfloat16_to_float(uint16_t bits) noexcept {
  return bits_float(static_cast<uint32_t>(bits) << 16);
}

}  // namespace tf_injector::detail
