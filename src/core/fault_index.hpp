// A fault's index, of a type that says among which faults: those of the run or those of a block.
#pragma once

#include <cassert>
#include <compare>
#include <cstddef>
#include <cstdint>

namespace tf_injector::detail {

// The plain integer, as far as the compiler is concerned. Made from one, and read as one, only by name.
template <typename Among, typename Int>
struct Index {
  Int value = 0;

  constexpr Index() = default;
  explicit constexpr Index(size_t i) noexcept : value(static_cast<Int>(i)) { assert(value == i); }
  friend constexpr auto operator<=>(const Index&, const Index&) = default;
  // The index of the fault that stands so many places further on.
  friend constexpr Index operator+(Index i, size_t places) noexcept { return Index(i.value + places); }
  // How many places `a` stands behind `b`.
  friend constexpr size_t operator-(Index a, Index b) noexcept {
    assert(a >= b);
    return static_cast<size_t>(a.value) - b.value;
  }
};

// Of the faults of a run (Setup::faults and Setup::patches).
using ListIndex = Index<struct AmongTheList, size_t>;
// Of the block of faults that an engine was given last. A fault keeps it until its scores are there, however
// the block is cut into pieces, sorted and packed.
using BlockIndex = Index<struct AmongTheBlock, uint32_t>;

static_assert(sizeof(BlockIndex) == sizeof(uint32_t));

// The list's index of a fault of the block that begins at `block`.
[[nodiscard]] constexpr ListIndex in_list(ListIndex block, BlockIndex fault) noexcept {
  return block + fault.value;
}

}  // namespace tf_injector::detail
