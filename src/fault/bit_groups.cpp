#include "tf_injector/bit_groups.hpp"

#include <array>

namespace tf_injector {

std::span<const BitGroup> bit_groups(StorageFormat format) noexcept {
  static constexpr std::array<BitGroup, 3> kFloat32{
      {{"sign", 31, 31}, {"exponent", 23, 30}, {"mantissa", 0, 22}}};
  static constexpr std::array<BitGroup, 3> kBfloat16{
      {{"sign", 15, 15}, {"exponent", 7, 14}, {"mantissa", 0, 6}}};
  static constexpr std::array<BitGroup, 3> kFloat16{
      {{"sign", 15, 15}, {"exponent", 10, 14}, {"mantissa", 0, 9}}};
  static constexpr std::array<BitGroup, 2> kInt8{{{"sign", 7, 7}, {"magnitude", 0, 6}}};
  switch (format) {
    case StorageFormat::float32:
      break;
    case StorageFormat::bfloat16:
      return kBfloat16;
    case StorageFormat::float16:
      return kFloat16;
    case StorageFormat::int8:
      return kInt8;
  }
  return kFloat32;
}

size_t bit_group_of(int bit, StorageFormat format) noexcept {
  const std::span<const BitGroup> groups = bit_groups(format);
  size_t group = 0;
  while (group + 1 < groups.size() && bit < groups[group].first_bit) ++group;
  return group;
}

std::string bit_group_label(const BitGroup& group) {
  std::string range = std::to_string(group.first_bit);
  if (group.last_bit != group.first_bit) range += "-" + std::to_string(group.last_bit);
  return std::string(group.name) + " (" + range + ")";
}

}  // namespace tf_injector
