#include "graph/number_type.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>

namespace tf_injector::detail {
namespace {

struct TypeFacts {
  NumberType type;
  const char* name;
  int digits;  // binary digits of an integer, or of the fraction of a float
  bool has_sign, is_float;
};
constexpr TypeFacts kTypes[] = {
    {NumberType::float32, "float32", 24, true, true}, {NumberType::float16, "float16", 11, true, true},
    {NumberType::float64, "float64", 53, true, true}, {NumberType::uint8, "uint8", 8, false, false},
    {NumberType::int8, "int8", 7, true, false},       {NumberType::uint16, "uint16", 16, false, false},
    {NumberType::int16, "int16", 15, true, false},    {NumberType::int32, "int32", 31, true, false},
    {NumberType::int64, "int64", 63, true, false}};

constexpr bool is_complete() {
  for (size_t i = 0; i < std::size(kTypes); ++i) {
    if (kTypes[i].type != static_cast<NumberType>(i)) return false;
  }
  return true;
}
static_assert(is_complete(), "kTypes has a row for every type, in their order");

const TypeFacts& facts_of(NumberType type) { return kTypes[static_cast<size_t>(type)]; }

// Converts as x86, and thus TensorFlow and NumPy, do: NaN and values that Integer cannot hold become its
// least.
template <typename Integer>
Integer truncated(float value) {
  const float bound = std::ldexp(1.0f, std::numeric_limits<Integer>::digits);
  if (!(value >= -bound && value < bound)) return std::numeric_limits<Integer>::min();
  return static_cast<Integer>(value);
}

// Rounds to the nearest float16, ties to even.
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

const char* number_type_name(NumberType type) { return facts_of(type).name; }

std::optional<NumberType> find_number_type(std::string_view name) {
  for (const TypeFacts& facts : kTypes) {
    if (name == facts.name) return facts.type;
  }
  return std::nullopt;
}

bool is_integer(NumberType type) { return !facts_of(type).is_float; }

bool holds_all_of(NumberType wide, NumberType narrow) {
  if (wide == NumberType::float32 || wide == NumberType::float64) return true;
  const TypeFacts &w = facts_of(wide), &n = facts_of(narrow);
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

}  // namespace tf_injector::detail
