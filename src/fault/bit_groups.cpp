#include "tf_injector/bit_groups.hpp"

namespace tf_injector {

std::string bit_group_label(const BitGroup& group) {
  std::string range = std::to_string(group.first_bit);
  if (group.last_bit != group.first_bit) range += "-" + std::to_string(group.last_bit);
  return std::string(group.name) + " (" + range + ")";
}

}  // namespace tf_injector
