// Decodes the Python code of a Lambda layer if it is an affine function, for messages.
#pragma once

#include <optional>
#include <span>
#include <string>

namespace tf_injector::detail::keras {

// A function `x * scale + offset` of its only argument.
struct AffineCode {
  std::string text;  // in Python: "x / 127.5 - 1"
  double scale = 1;
  double offset = 0;
};

// `code`: a code object as marshalled by Python 3.6 to 3.13. Nothing if it does anything but add, subtract,
// multiply and divide by numbers, or is damaged.
[[nodiscard]] std::optional<AffineCode> affine_code(std::span<const uint8_t> code);

// "1 / 255" for the double nearest to it, else its shortest decimal form.
[[nodiscard]] std::string number_text(double value);

}  // namespace tf_injector::detail::keras
