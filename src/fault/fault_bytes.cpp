#include "fault/fault_bytes.hpp"

#include "core/block_bytes.hpp"

namespace tf_injector::detail {

uint64_t owned_bytes(const Fault& fault) noexcept {
  const size_t inside = std::string().capacity();  // of a short name, which needs no block
  uint64_t bytes = vector_bytes(fault.parts);
  for (const FaultPart& part : fault.parts) {
    bytes += vector_bytes(part.index);
    if (const auto* flip = std::get_if<BitFlip>(&part.change)) bytes += vector_bytes(flip->bits);
    if (const auto* stuck = std::get_if<StuckAt>(&part.change)) bytes += vector_bytes(stuck->bits);
    if (part.layer.capacity() > inside) bytes += block_bytes(part.layer.capacity() + 1);
  }
  return bytes;
}

}  // namespace tf_injector::detail
