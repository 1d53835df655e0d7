// The number types in which Keras may hold a tensor: most are float32, but models may begin with 8-bit
// images.
#pragma once

#include <optional>
#include <string_view>

namespace tf_injector::detail {

enum class NumberType { float32, float16, float64, uint8, int8, uint16, int16, int32, int64 };

// "float32", "uint8", ...: as Keras writes it.
[[nodiscard]] const char* number_type_name(NumberType type);
// The type of that name; nothing if it is none of these.
[[nodiscard]] std::optional<NumberType> find_number_type(std::string_view name);
[[nodiscard]] bool is_integer(NumberType type);
// True if a cast from `narrow` to `wide` changes no value, given that the values came from float32 data.
[[nodiscard]] bool holds_all_of(NumberType wide, NumberType narrow);

// The value that Keras holds if a float32 is fed to an input of this type, again as a float32 (exact for all
// these types). Integers drop the fraction and the bits that do not fit (300.7 is 44 as uint8); NaN and
// values far out of range become 0 or the least integer; float16 rounds.
[[nodiscard]] float stored_as(NumberType type, float value);

}  // namespace tf_injector::detail
