#include "graph/number_type.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace tf_injector {
namespace {

struct NamedType {
  const char* name;
  NumberType type;
};
constexpr NamedType kTypes[] = {
    {"float32", NumberType::float32}, {"float16", NumberType::float16}, {"float64", NumberType::float64},
    {"uint8", NumberType::uint8},     {"int8", NumberType::int8},       {"uint16", NumberType::uint16},
    {"int16", NumberType::int16},     {"int32", NumberType::int32},     {"int64", NumberType::int64}};

// As x86 converts, and with it TensorFlow and NumPy: what Integer cannot hold, NaN too, is its least value.
template <typename Integer>
Integer truncated(float value) {
  const float bound = std::ldexp(1.0f, std::numeric_limits<Integer>::digits);
  if (!(value >= -bound && value < bound)) return std::numeric_limits<Integer>::min();
  return static_cast<Integer>(value);
}

// To the nearest half, ties to even.
float as_half(float value) {
  if (!std::isfinite(value) || value == 0.0f) return value;
  constexpr int kFractionBits = 10, kLeastExponent = -24;
  int exponent = 0;
  (void)std::frexp(value, &exponent);
  const int last_bit = std::max(exponent - 1 - kFractionBits, kLeastExponent);
  const float rounded = std::ldexp(std::nearbyint(std::ldexp(value, -last_bit)), last_bit);
  constexpr float kLargest = 65504.0f;
  if (std::fabs(rounded) > kLargest) return std::copysign(std::numeric_limits<float>::infinity(), value);
  return rounded;
}

}  // namespace

const char* number_type_name(NumberType type) {
  for (const NamedType& named : kTypes) {
    if (named.type == type) return named.name;
  }
  return "";
}

std::optional<NumberType> find_number_type(std::string_view name) {
  for (const NamedType& named : kTypes) {
    if (name == named.name) return named.type;
  }
  return std::nullopt;
}

bool is_integer(NumberType type) {
  return type != NumberType::float32 && type != NumberType::float16 && type != NumberType::float64;
}

bool holds_all_of(NumberType wide, NumberType narrow) {
  struct Range {
    int digits;  // of an integer, or of a float's fraction
    bool has_sign, is_float;
  };
  const auto range = [](NumberType type) -> Range {
    switch (type) {
      case NumberType::float32:
        return {24, true, true};
      case NumberType::float64:
        return {53, true, true};
      case NumberType::float16:
        return {11, true, true};
      case NumberType::uint8:
        return {8, false, false};
      case NumberType::int8:
        return {7, true, false};
      case NumberType::uint16:
        return {16, false, false};
      case NumberType::int16:
        return {15, true, false};
      case NumberType::int32:
        return {31, true, false};
      case NumberType::int64:
        return {63, true, false};
    }
    return {0, true, false};
  };
  if (wide == NumberType::float32 || wide == NumberType::float64) return true;
  const Range w = range(wide), n = range(narrow);
  return w.digits >= n.digits && (w.has_sign || !n.has_sign) && (w.is_float || !n.is_float);
}

float stored_as(NumberType type, float value) {
  switch (type) {
    case NumberType::float32:
    case NumberType::float64:
      return value;
    case NumberType::float16:
      return as_half(value);
    case NumberType::uint8:
      return static_cast<uint8_t>(truncated<int32_t>(value));
    case NumberType::int8:
      return static_cast<int8_t>(truncated<int32_t>(value));
    case NumberType::uint16:
      return static_cast<uint16_t>(truncated<int32_t>(value));
    case NumberType::int16:
      return static_cast<int16_t>(truncated<int32_t>(value));
    case NumberType::int32:
      return static_cast<float>(truncated<int32_t>(value));
    case NumberType::int64:
      return static_cast<float>(truncated<int64_t>(value));
  }
  return value;
}

}  // namespace tf_injector
