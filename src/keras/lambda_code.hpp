// What the Python code of a Lambda layer computes, where it is so simple that messages can say it.
#pragma once

#include <optional>
#include <span>
#include <string>

namespace tf_injector::keras {

// A function `x * scale + offset` of its only argument.
struct AffineCode {
  std::string text;  // as Python would have it: "x / 127.5 - 1"
  double scale = 1;
  double offset = 0;
};

// `code`: a code object as Python 3.6 to 3.13 marshals it. Empty when it does anything else than add,
// subtract, multiply and divide by numbers, or is damaged.
[[nodiscard]] std::optional<AffineCode> affine_code(std::span<const uint8_t> code);

// "1 / 255" for the double nearest to it, else its shortest decimal form.
[[nodiscard]] std::string number_text(double value);

}  // namespace tf_injector::keras
