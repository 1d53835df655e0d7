// A fault: what changes in which weights, and on which image.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tf_injector {

// A tensor of a layer.
enum class Tensor { kernel };

// One bit of a float32 is inverted: 0 is the lowest of the mantissa, 31 the sign.
struct BitFlip {
  int bit = 0;
  friend bool operator==(const BitFlip&, const BitFlip&) = default;
};

// What happens to one element.
using Change = std::variant<BitFlip>;

// One element of one tensor and what happens to it.
struct FaultPart {
  std::string layer = {};  // as written in the list: a Keras layer's name, or its path in nested models
  Tensor tensor = Tensor::kernel;
  std::vector<int64_t> index =
      {};  // into the tensor; kernel of Conv2D (kh, kw, cin, cout), of Dense (in, out)
  Change change = {};
  friend bool operator==(const FaultPart&, const FaultPart&) = default;
};

// Parts that are there together. Engines take faults of one part on all images; others are refused where a
// list is made of them.
struct Fault {
  int64_t id = 0;  // unique in a list ("Injection")
  std::vector<FaultPart> parts = {};
  std::optional<int64_t> image = {};  // the only image that has the fault; none: all have it
  friend bool operator==(const Fault&, const Fault&) = default;
};

// The fault that inverts one bit of one element of a layer's kernel.
[[nodiscard]] Fault bit_flip(int64_t id, std::string layer, std::vector<int64_t> index, int bit);

// The bit that the fault's first part inverts. Throws Error(usage): it has no part.
[[nodiscard]] int flipped_bit(const Fault& fault);

// "(2, 1, 0, 7)", "(3,)": Python's tuple.
[[nodiscard]] std::string format_index(const std::vector<int64_t>& index);

}  // namespace tf_injector
