// The bits of a float32: flipping one, comparing two values as bits, and the NaN that every score file holds.
#pragma once

#include <bit>
#include <cstdint>

namespace tf_injector {

inline constexpr uint32_t kCanonicalNan =
    0xFFC00000u;  // what x86 arithmetic makes; numerics.md "NaN, Inf and ties"

inline uint32_t float_bits(float x) noexcept { return std::bit_cast<uint32_t>(x); }
inline float bits_float(uint32_t b) noexcept { return std::bit_cast<float>(b); }
// bit 0 = lowest mantissa bit, 31 = sign
inline float flip_bit(float x, int bit) noexcept { return bits_float(float_bits(x) ^ (uint32_t{1} << bit)); }
inline bool is_nan(float x) noexcept { return (float_bits(x) & 0x7FFFFFFFu) > 0x7F800000u; }
inline bool is_finite(float x) noexcept { return (float_bits(x) & 0x7F800000u) != 0x7F800000u; }
inline float canonical_nan(float x) noexcept { return is_nan(x) ? bits_float(kCanonicalNan) : x; }

}  // namespace tf_injector
