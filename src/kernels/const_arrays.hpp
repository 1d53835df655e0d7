// The arrays of a kernel that decide what it computes and never change: they are hashed, to notice bad
// memory.
#pragma once

#include <cstdint>

#include "core/array_hash.hpp"
#include "kernels/convolutions/position_tables.hpp"
#include "kernels/epilogue.hpp"

namespace tf_injector::detail {

// Base of every kernel that has such arrays.
class ConstArrays {
 public:
  virtual ~ConstArrays() = default;
  // Packed weights, parameters and tables, each once and always in the same order.
  virtual void visit_arrays(const ArrayVisitor& visit) const = 0;
};

// `channels`: the length of each of its arrays.
void visit_arrays(const EpilogueData& epilogue, int64_t channels, const ArrayVisitor& visit);
void visit_arrays(const PositionTables& tables, const ArrayVisitor& visit);

}  // namespace tf_injector::detail
