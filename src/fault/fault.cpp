#include "tf_injector/fault.hpp"

#include <fmt/format.h>

#include <utility>

#include "tf_injector/error.hpp"

namespace tf_injector {

Fault bit_flip(int64_t id, std::string layer, std::vector<int64_t> index, int bit) {
  FaultPart part{.layer = std::move(layer), .index = std::move(index), .change = BitFlip{bit}};
  return {.id = id, .parts = {std::move(part)}, .image = std::nullopt};
}

int flipped_bit(const Fault& fault) {
  if (fault.parts.empty()) throw Error(ErrorKind::usage, fmt::format("fault {}: has no part", fault.id));
  return std::get<BitFlip>(fault.parts.front().change).bit;
}

std::string format_index(const std::vector<int64_t>& index) {
  std::string text = "(";
  for (size_t axis = 0; axis < index.size(); ++axis) {
    if (axis > 0) text += ", ";
    text += std::to_string(index[axis]);
  }
  text += index.size() == 1 ? ",)" : ")";
  return text;
}

}  // namespace tf_injector
