// What a FaultList holds.
#pragma once

#include <span>

#include "fault/fault_list.hpp"
#include "tf_injector/fault_list.hpp"

namespace tf_injector {

struct FaultList::Data {
  detail::ResolvedFaultList list;
};

}  // namespace tf_injector

namespace tf_injector::detail {

// The rows of the list, or of the part that it is.
[[nodiscard]] inline std::span<const ResolvedFault> rows_of(const FaultList& list) {
  return std::span<const ResolvedFault>(list.data()->list.faults).subspan(list.first());
}

// A list that is resolved already.
[[nodiscard]] FaultList list_of(ResolvedFaultList list);

}  // namespace tf_injector::detail
