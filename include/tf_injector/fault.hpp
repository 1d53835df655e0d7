// A fault: what changes in which weights or outputs, and on which image.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tf_injector {

// A weight of a layer, by the name of its Keras variable, or its output.
enum class Tensor {
  kernel,
  bias,
  gamma,
  beta,
  moving_mean,
  moving_variance,
  depthwise_kernel,
  pointwise_kernel,
  output  // the activations that the layer gives, behind its own activation function
};
// "kernel", "bias", ...
[[nodiscard]] std::string_view tensor_name(Tensor tensor) noexcept;
[[nodiscard]] std::optional<Tensor> tensor_named(std::string_view name) noexcept;

// Bits of what is stored are inverted: of a float32 0 is the lowest of the mantissa, 31 the sign; of other
// formats docs/fault-models.md has them. Different ones, in any order.
struct BitFlip {
  std::vector<int> bits = {};
  friend bool operator==(const BitFlip&, const BitFlip&) = default;
};

// Bits of what is stored are 0, or 1, whatever they were.
struct StuckAt {
  int value = 0;
  std::vector<int> bits = {};
  friend bool operator==(const StuckAt&, const StuckAt&) = default;
};

// The element becomes the float32 with these bits, or, where the width is less than 32, what is stored as
// these bits in a format that is so wide.
struct SetValue {
  uint32_t bits = 0;
  int width = 32;
  friend bool operator==(const SetValue&, const SetValue&) = default;
};

// What happens to one element.
using Change = std::variant<BitFlip, StuckAt, SetValue>;
// The bits that `bits` become. Bits outside 0..31 change nothing.
[[nodiscard]] uint32_t changed_bits(const Change& change, uint32_t bits) noexcept;
// "flip", "stuck0", "stuck1" or "set".
[[nodiscard]] std::string_view model_name(const Change& change) noexcept;

// One element of one tensor and what happens to it.
struct FaultPart {
  std::string layer = {};  // as written in the list: a Keras layer's name, or its path in nested models
  Tensor tensor = Tensor::kernel;
  std::vector<int64_t> index =
      {};  // into the tensor; kernel of Conv2D (kh, kw, cin, cout), of Dense (in, out); output (h, w, c)
  Change change = {};
  std::optional<int64_t> call = {};  // of an output: of which call of a shared layer, from 0; none: of all
  friend bool operator==(const FaultPart&, const FaultPart&) = default;
};

// Parts that are there together, each of another element.
struct Fault {
  int64_t id = 0;  // unique in a list ("Injection")
  std::vector<FaultPart> parts = {};
  std::optional<int64_t> image = {};  // the only image that has the fault; none: all have it
  friend bool operator==(const Fault&, const Fault&) = default;
};

// The fault that inverts one bit of one element of a layer's kernel.
[[nodiscard]] Fault bit_flip(int64_t id, std::string layer, std::vector<int64_t> index, int bit);

// The bit that the fault inverts. Nothing: it has not one part that inverts one bit.
[[nodiscard]] std::optional<int> single_bit(const Fault& fault) noexcept;
// The same. Throws Error(usage): it has none.
[[nodiscard]] int flipped_bit(const Fault& fault);
// Could the plain list hold it? It inverts one bit of one element of a kernel, on all images.
[[nodiscard]] bool is_plain(const Fault& fault) noexcept;

// The fault as reports print it, parts joined by " + ": layers; indices; bits ("30 29"), or the value to
// which an element is set ("0.5", "nan", "0x7fc00001").
[[nodiscard]] std::string layers_text(const Fault& fault);
[[nodiscard]] std::string indices_text(const Fault& fault);
[[nodiscard]] std::string bits_text(const Fault& fault);
[[nodiscard]] std::string bits_text(const Change& change);
// Do reports print the same of both?
[[nodiscard]] bool is_printed_alike(const Fault& a, const Fault& b);

// Its text: value_text of a float32; of a narrower format "0x" and four or two digits.
[[nodiscard]] std::string set_text(const SetValue& set);
// Its inverse; values as value_bits has them. Nothing: no such text.
[[nodiscard]] std::optional<SetValue> set_named(std::string_view text) noexcept;
// The shortest decimal number that is this float32, as Python writes it; "nan"; NaNs with other bits than
// 0x7fc00000 in hexadecimal digits.
[[nodiscard]] std::string value_text(uint32_t bits);
// Its inverse, of any float that Python writes, rounded to float32, and of "0x" and eight digits. Nothing: no
// such number, or too large for a float32.
[[nodiscard]] std::optional<uint32_t> value_bits(std::string_view text) noexcept;

// "(2, 1, 0, 7)", "(3,)": Python's tuple.
[[nodiscard]] std::string format_index(const std::vector<int64_t>& index);

}  // namespace tf_injector
