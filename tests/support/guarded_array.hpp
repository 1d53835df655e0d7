// An array on a 64-byte boundary between two guard regions: what is written beside it is noticed.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace tf_injector::detail::test {

// T: float or int32_t. Every element begins with a pattern that no computation makes.
template <typename T>
class GuardedArray {
  static_assert(sizeof(T) == sizeof(uint32_t));

 public:
  static constexpr size_t kGuard = 64;  // elements: whole cache lines, more than the longest vector
  static constexpr uint32_t kPattern = 0x5A3C96E1u;

  explicit GuardedArray(size_t size) : size_(size), memory_(size + 2 * kGuard + kLine, kPattern) {
    const auto begin = reinterpret_cast<uintptr_t>(memory_.data());
    first_ = (kLine - begin / sizeof(uint32_t) % kLine) % kLine + kGuard;
  }
  explicit GuardedArray(std::span<const T> values) : GuardedArray(values.size()) {
    std::copy(values.begin(), values.end(), data());
  }
  GuardedArray(const GuardedArray&) = delete;
  GuardedArray& operator=(const GuardedArray&) = delete;

  [[nodiscard]] T* data() { return reinterpret_cast<T*>(memory_.data() + first_); }
  [[nodiscard]] const T* data() const { return reinterpret_cast<const T*>(memory_.data() + first_); }
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] T operator[](size_t i) const { return data()[i]; }
  [[nodiscard]] uint32_t bits(size_t i) const { return std::bit_cast<uint32_t>(data()[i]); }
  [[nodiscard]] std::span<const T> span() const { return {data(), size_}; }

  // Has nothing been written in front of the array or behind it?
  [[nodiscard]] testing::AssertionResult intact() const {
    for (size_t i = 0; i < memory_.size(); ++i) {
      if (i >= first_ && i < first_ + size_) continue;
      if (memory_[i] != kPattern)
        return testing::AssertionFailure() << "element " << static_cast<ptrdiff_t>(i - first_) << " of "
                                           << size_ << " has been written: " << std::hex << memory_[i];
    }
    return testing::AssertionSuccess();
  }

 private:
  static constexpr size_t kLine = 16;  // elements
  size_t size_, first_ = 0;
  std::vector<uint32_t> memory_;
};

}  // namespace tf_injector::detail::test
