// The bits of a float32: conversion, flipping one of them, and the canonical NaN of score files.
#pragma once

#include <bit>
#include <cstdint>

namespace tf_injector::detail {

// The NaN that x86 arithmetic makes (docs/numerics.md, "NaN, Inf and ties").
inline constexpr uint32_t kCanonicalNan = 0xFFC00000u;

inline uint32_t float_bits(float x) noexcept { return std::bit_cast<uint32_t>(x); }
inline float bits_float(uint32_t b) noexcept { return std::bit_cast<float>(b); }
// Bit 0 is the lowest mantissa bit, bit 31 the sign.
inline float flip_bit(float x, int bit) noexcept { return bits_float(float_bits(x) ^ (uint32_t{1} << bit)); }
inline bool is_nan(float x) noexcept { return (float_bits(x) & 0x7FFFFFFFu) > 0x7F800000u; }
inline bool is_finite(float x) noexcept { return (float_bits(x) & 0x7F800000u) != 0x7F800000u; }
inline float canonical_nan(float x) noexcept { return is_nan(x) ? bits_float(kCanonicalNan) : x; }

}  // namespace tf_injector::detail
