#include "tf_injector/fault.hpp"

namespace tf_injector {

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
