// Buffers: what lies behind them, and what may be read of it.
#include "core/aligned_buffer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <span>
#include <utility>
#include <vector>

namespace tf_injector::detail {
namespace {

// Floats behind the end that may be looked at.
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t kReadable = AlignedBuffer::kVector;
#else
constexpr size_t kReadable = AlignedBuffer::kPadding;
#endif

TEST(AlignedBuffer, IsZeroAlignedAndPadded) {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{63}, size_t{1000}}) {
    const AlignedBuffer buffer(size);
    EXPECT_EQ(buffer.size(), size);
    EXPECT_EQ(buffer.empty(), size == 0);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % AlignedBuffer::kAlignment, 0u);
    for (size_t i = 0; i < size + kReadable; ++i) ASSERT_EQ(buffer.data()[i], 0.0f);
  }
}

TEST(AlignedBuffer, CopiesValuesAndMoves) {
  const std::array values{1.0f, 2.0f, 3.0f};
  AlignedBuffer first{std::span<const float>(values)};
  EXPECT_TRUE(std::equal(values.begin(), values.end(), first.span().begin(), first.span().end()));
  AlignedBuffer second(std::move(first));
  EXPECT_EQ(second[2], 3.0f);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): it is empty, not merely valid
  first = std::move(second);
  EXPECT_EQ(first.size(), 3u);
  EXPECT_EQ(second.size(), 0u);  // NOLINT(bugprone-use-after-move)
}

TEST(AlignedBuffer, SizesThatWrapRoundThrow) {
  for (const size_t size : {SIZE_MAX, SIZE_MAX / sizeof(float) + 1, SIZE_MAX / sizeof(float) - 3}) {
    EXPECT_THROW((void)AlignedBuffer(size), std::bad_alloc);
  }
}

#if defined(__SANITIZE_ADDRESS__)
TEST(AlignedBuffer, AddressSanitizerSeesReadsThatGoFurther) {
  for (const size_t size : {0, 1, 15, 16, 17, 1000}) {
    AlignedBuffer buffer(size);
    const AlignedBuffer moved = std::move(buffer);
    for (const AlignedBuffer& some : {AlignedBuffer(moved.span()), AlignedBuffer(size)}) {
      const float* behind = some.data() + size + AlignedBuffer::kVector;
      EXPECT_EQ(__asan_address_is_poisoned(behind - 1), 0) << size;
      EXPECT_EQ(__asan_address_is_poisoned(behind), 1) << size;
      EXPECT_EQ(__asan_address_is_poisoned(some.data() + size + AlignedBuffer::kPadding - 1), 1) << size;
    }
  }
}

TEST(AlignedBuffer, MemoryThatIsGivenBackIsWholeAgain) {
  for (int round = 0; round < 100; ++round) {
    { const AlignedBuffer buffer(5); }
    const std::vector<float> other(5 + AlignedBuffer::kPadding, 1.0f);
    ASSERT_EQ(other.back(), 1.0f);
  }
}
#endif

}  // namespace
}  // namespace tf_injector::detail
