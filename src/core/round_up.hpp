// Whole numbers divided and rounded up.
#pragma once

#include <type_traits>

namespace tf_injector::detail {

// How many units hold `count`: count / unit, rounded up. count >= 0, unit > 0; count + unit does not
// overflow.
template <class Integer>
[[nodiscard]] constexpr Integer divide_up(Integer count, std::type_identity_t<Integer> unit) noexcept {
  return (count + unit - 1) / unit;
}

// The least multiple of `unit` that is not below `count`.
template <class Integer>
[[nodiscard]] constexpr Integer round_up(Integer count, std::type_identity_t<Integer> unit) noexcept {
  return divide_up(count, unit) * unit;
}

}  // namespace tf_injector::detail
