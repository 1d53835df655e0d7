// Parses JSON as Keras writes it: bare NaN, Infinity and -Infinity are numbers; tagged tuples and constants
// are unwrapped.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/json.hpp"

namespace tf_injector::detail::keras {

// Nesting beyond this is refused before anything recurses into it; real models stay below 40.
inline constexpr int kMaxJsonDepth = 200;

// {"class_name": "__tuple__" | "__tensor__" | "__numpy__", ...} become plain lists and numbers. Throws
// ModelError with the position in the text.
[[nodiscard]] Json parse_json(std::span<const uint8_t> text);

// A member of an object; null if it is absent or None, or if `object` is not an object.
[[nodiscard]] const Json* member(const Json& object, const char* key);

// A value for a message: as JSON, cut after 60 characters.
[[nodiscard]] std::string brief(const Json& value);

}  // namespace tf_injector::detail::keras
