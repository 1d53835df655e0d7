// Checks single messages of object headers: what describes a data set or an attribute.
#pragma once

#include <cstdint>
#include <span>

namespace tf_injector::detail::hdf5 {

// All throw StructureProblem.

// How many elements there are.
uint64_t check_dataspace(std::span<const uint8_t> message);
// The size of an element.
uint64_t check_datatype(std::span<const uint8_t> message);
void check_fill_value(std::span<const uint8_t> message);
void check_old_fill_value(std::span<const uint8_t> message);
void check_filters(std::span<const uint8_t> message);
void check_attribute(std::span<const uint8_t> message);

}  // namespace tf_injector::detail::hdf5
