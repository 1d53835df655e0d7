// A float array on a 64-byte boundary, padded so that a full vector may be read past the last element.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "core/block_bytes.hpp"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace tf_injector::detail {

class AlignedBuffer {
 public:
  static constexpr size_t kAlignment = 64;
  static constexpr size_t kPadding = 64;  // zero floats allocated after the end; not part of size()
  static constexpr size_t kVector = 16;   // how many of them may be read: the longest vector

  AlignedBuffer() = default;
  // `size` floats, all zero. Throws std::bad_alloc.
  explicit AlignedBuffer(size_t size) : size_(size) {
    if (size > kMaxSize) throw std::bad_alloc();  // the number of bytes would overflow
    data_.reset(static_cast<float*>(
        ::operator new[]((size + kPadding) * sizeof(float), std::align_val_t{kAlignment})));
    ask_for_huge_pages();
    std::fill_n(data_.get(), size + kPadding, 0.0f);
    forbid_far_reads();
  }
  explicit AlignedBuffer(std::span<const float> values) : AlignedBuffer(values.size()) {
    std::copy(values.begin(), values.end(), data_.get());
  }
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  ~AlignedBuffer() = default;

  [[nodiscard]] float* data() noexcept { return data_.get(); }
  [[nodiscard]] const float* data() const noexcept { return data_.get(); }
  [[nodiscard]] size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  // The memory, in bytes, that an array of `size` floats takes, and that this one takes.
  [[nodiscard]] static constexpr size_t bytes_of(size_t size) noexcept {
    return block_bytes((size + kPadding) * sizeof(float), kAlignment);
  }
  [[nodiscard]] size_t bytes() const noexcept { return data_ == nullptr ? 0 : bytes_of(size_); }
  float& operator[](size_t i) noexcept { return data_[i]; }
  float operator[](size_t i) const noexcept { return data_[i]; }
  [[nodiscard]] std::span<float> span() noexcept { return {data_.get(), size_}; }
  [[nodiscard]] std::span<const float> span() const noexcept { return {data_.get(), size_}; }

 private:
  // Requests huge pages for the part of the array that they fit into (so it takes no more memory): the
  // processor's TLB holds only a few thousand small pages. Does nothing on systems without huge pages.
  void ask_for_huge_pages() noexcept;
  // Makes AddressSanitizer report reads of the padding beyond one vector, which would go unnoticed.
  void forbid_far_reads() noexcept {
#if defined(__SANITIZE_ADDRESS__)
    ASAN_POISON_MEMORY_REGION(data_.get() + size_ + kVector, (kPadding - kVector) * sizeof(float));
#endif
  }
  static constexpr size_t kMaxSize = std::numeric_limits<ptrdiff_t>::max() / sizeof(float) - kPadding;

  struct Deleter {
    void operator()(float* p) const noexcept { ::operator delete[](p, std::align_val_t{kAlignment}); }
  };
  std::unique_ptr<float[], Deleter> data_;
  size_t size_ = 0;
};

}  // namespace tf_injector::detail
