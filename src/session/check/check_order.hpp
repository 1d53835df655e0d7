// In which order a self-check takes a block's faults and the images: every beginning is spread over all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/fault_index.hpp"
#include "graph/patch.hpp"

namespace tf_injector::detail {

// A block's faults, each once: in turn from every layer and kind of bit (sign, highest exponent bit, high
// and low exponent, high and low mantissa), and within these spread over the sizes of the change, by which
// replay packs faults. `seed` decides which come first.
[[nodiscard]] std::vector<BlockIndex> check_order(PatchRows faults, uint64_t seed);

// 0..count-1, each once, in an order in which every beginning is spread over all.
class SpreadOrder {
 public:
  SpreadOrder(int64_t count, uint64_t seed);
  [[nodiscard]] int64_t operator[](int64_t i) const noexcept {
    return static_cast<int64_t>((static_cast<uint64_t>(i) * step_ + first_) % count_);
  }

 private:
  uint64_t count_, step_, first_;
};

// A seed of texts and a number; the same on every machine.
[[nodiscard]] uint64_t seed_of(std::span<const std::string_view> texts, uint64_t number);

}  // namespace tf_injector::detail
