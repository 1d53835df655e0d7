// The links of an HDF5 group, in the old form (symbol table) and the new one (messages, or a heap with an
// index). Internal to io/.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "io/hdf5/hdf5_object.hpp"

namespace tf_injector::detail::hdf5 {

// By name: the address of the member's header; kNoHardLink for soft and external links.
using Links = std::map<std::string, uint64_t, std::less<>>;
constexpr uint64_t kNoHardLink = kUndefined;

// Throws Damaged.
[[nodiscard]] Links read_links(FileBytes& file, const Object& group);

}  // namespace tf_injector::detail::hdf5
