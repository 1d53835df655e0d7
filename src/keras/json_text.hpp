// Parses JSON as Keras writes it: bare NaN, Infinity and -Infinity are numbers; tagged tuples and constants
// are unwrapped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/json.hpp"

namespace tf_injector::detail::keras {

// Nesting beyond this is refused before anything recurses into it; real models stay below 40.
inline constexpr int kMaxJsonDepth = 200;

// So much text, and so many values (numbers, texts, lists, ...) in it, are read: the configuration of
// ResNet1202 has 4 MB and 270,000 values, the largest of keras.applications half of that. A file that holds
// more is refused before memory is allocated for them.
inline constexpr size_t kMaxJsonBytes = size_t{32} << 20;
inline constexpr size_t kMaxJsonValues = 1'000'000;

// {"class_name": "__tuple__" | "__tensor__" | "__numpy__", ...} become plain lists and numbers. Throws
// ModelError with the position in the text: no JSON or text behind it, larger than the limits above, a key
// twice in an object.
[[nodiscard]] Json parse_json(std::span<const uint8_t> text);

// A member of an object; null if it is absent or None, or if `object` is not an object.
[[nodiscard]] const Json* member(const Json& object, const char* key);

// A value for a message: as JSON, cut after 60 characters.
[[nodiscard]] std::string brief(const Json& value);

}  // namespace tf_injector::detail::keras
