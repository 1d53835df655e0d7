// Changes of elements that are stored in a format of their own.
#pragma once

#include "graph/graph.hpp"
#include "graph/patch.hpp"
#include "tf_injector/fault.hpp"

namespace tf_injector::detail {

// Whether the format has the value: a NaN has no int8, and bits (`is_bits`: it was given so) are as many as
// the format's.
[[nodiscard]] bool can_set(const SetValue& value, bool is_bits, StorageFormat format) noexcept;
// As it is stored in an element: the number that its code means, where that number is stored as the same
// code; else the code. The format has the value.
[[nodiscard]] SetValue stored_value(const SetValue& value, const Weight& weight, size_t element) noexcept;

// Fills in the patch's bits before and after the change; its element is that of the weight.
void apply(const Change& change, const Weight& weight, Patch& patch) noexcept;
// The same of one inverted bit.
void flip(int bit, const Weight& weight, Patch& patch) noexcept;

}  // namespace tf_injector::detail
