// How much of replay goes through the network together: what its memory depends on.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tf_injector::detail::replay {

struct PackSize {
  int32_t lanes = 0;  // faults of a pack, up to the table's width
  size_t packs = 0;   // carried from segment to segment together, so that survivors can be packed anew

  bool operator==(const PackSize&) const = default;

  // Buffers of values that are carried and packed anew at a time, and spare ones: else they would be given
  // back and made again in every segment.
  [[nodiscard]] int64_t buffers() const noexcept {
    return static_cast<int64_t>(packs > 1 ? 4 * packs : 2 * packs);
  }
};

}  // namespace tf_injector::detail::replay
