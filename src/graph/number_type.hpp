// The type in which Keras holds a tensor, where it is not float32: models may begin with 8-bit images.
#pragma once

#include <optional>
#include <string_view>

namespace tf_injector {

enum class NumberType { float32, float16, float64, uint8, int8, uint16, int16, int32, int64 };

// "float32", "uint8", ...: as Keras writes it.
[[nodiscard]] const char* number_type_name(NumberType type);
// Nothing when the name is that of another type.
[[nodiscard]] std::optional<NumberType> find_number_type(std::string_view name);
[[nodiscard]] bool is_integer(NumberType type);
// Whether a cast loses nothing of values that came from float32 data.
[[nodiscard]] bool holds_all_of(NumberType wide, NumberType narrow);

// What Keras makes of a float32 value that is fed to an input of this type: integers lose the fraction and
// the bits that they have no room for (300.7 is 44 as uint8), NaN and what is far out of range become 0 or
// the least integer; float16 rounds. The result is again a float32: int32 and int64 lose nothing that float32
// has.
[[nodiscard]] float stored_as(NumberType type, float value);

}  // namespace tf_injector
