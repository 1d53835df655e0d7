// The weights of a SIMD kernel, in the order in which it reads them. Unlike other arrays they are copied:
// with a kernel in which a fault changes one of them.
#pragma once

#include "core/aligned_buffer.hpp"

namespace tf_injector {

class PackedWeights : public AlignedBuffer {
 public:
  using AlignedBuffer::AlignedBuffer;
  PackedWeights(const PackedWeights& other) : AlignedBuffer(other.span()) {}
};

}  // namespace tf_injector
