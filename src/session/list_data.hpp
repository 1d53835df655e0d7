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

// Of the list, or of the part that it is. Valid as long as a copy of the list lives.
[[nodiscard]] inline std::span<const Fault> faults_of(const FaultList& list) {
  return std::span(list.data()->list.faults).subspan(list.first());
}
[[nodiscard]] inline std::span<const Patch> patches_of(const FaultList& list) {
  return std::span(list.data()->list.patches).subspan(list.first());
}

// A list that is resolved already.
[[nodiscard]] FaultList list_of(ResolvedFaultList list);

}  // namespace tf_injector::detail
