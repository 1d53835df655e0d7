// How much of replay goes through the network together: what its memory depends on.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tf_injector::replay {

struct PackSize {
  int32_t lanes = 0;  // faults of a pack, up to the table's width
  size_t packs = 0;   // carried from segment to segment together, so that survivors can be packed anew
};

}  // namespace tf_injector::replay
