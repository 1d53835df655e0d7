// The weights of a SIMD kernel, in the order in which it reads them. Unlike other buffers they can be copied,
// for the copy of a kernel in which a fault changes one weight.
#pragma once

#include <utility>

#include "core/aligned_buffer.hpp"

namespace tf_injector::detail {

class PackedWeights : public AlignedBuffer {
 public:
  using AlignedBuffer::AlignedBuffer;
  PackedWeights(const PackedWeights& other) : AlignedBuffer(other.span()) {}
  explicit PackedWeights(AlignedBuffer other) : AlignedBuffer(std::move(other)) {}
};

}  // namespace tf_injector::detail
