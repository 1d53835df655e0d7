#include "core/fault_index.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <type_traits>

namespace tf_injector::detail {
namespace {

// What would mix up a list with a block does not compile.
static_assert(!std::convertible_to<size_t, ListIndex> && !std::convertible_to<size_t, BlockIndex>);
static_assert(!std::convertible_to<ListIndex, size_t> && !std::convertible_to<BlockIndex, size_t>);
static_assert(!std::constructible_from<ListIndex, BlockIndex> &&
              !std::constructible_from<BlockIndex, ListIndex>);
static_assert(!std::equality_comparable_with<ListIndex, BlockIndex>);
static_assert(std::is_trivially_copyable_v<BlockIndex> && sizeof(ListIndex) == sizeof(size_t));

TEST(FaultIndex, CountsFromTheBlockAndFromTheList) {
  const BlockIndex third(3);
  EXPECT_EQ(third + 4, BlockIndex(7));
  EXPECT_EQ(BlockIndex(7) - third, 4u);
  EXPECT_LT(third, BlockIndex(4));
  EXPECT_EQ(in_list(ListIndex(size_t{1} << 40), third), ListIndex((size_t{1} << 40) + 3));
}

}  // namespace
}  // namespace tf_injector::detail
