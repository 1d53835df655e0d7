// A fast hash of arrays in memory: to notice that one changed, not to name it for others.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace tf_injector::detail {

// Is given arrays, one after the other: "all that it holds".
using ArrayVisitor = std::function<void(std::span<const std::byte>)>;

// Of anything that std::span takes.
template <typename Array>
void visit_array(const ArrayVisitor& visit, const Array& array) {
  visit(std::as_bytes(std::span(array)));
}

// Eight chains of multiplications, each of which loses nothing: where a single 8-byte word changes, or
// several of different chains, the hash always differs; else but for one case in 2^64. Several GB a second.
class ArrayHash {
 public:
  void update(std::span<const std::byte> bytes) noexcept;
  [[nodiscard]] uint64_t value() const noexcept;
  [[nodiscard]] uint64_t bytes() const noexcept { return bytes_; }

 private:
  static constexpr size_t kChains = 8;
  std::array<uint64_t, kChains> chains_{};
  uint64_t bytes_ = 0;
};

}  // namespace tf_injector::detail
