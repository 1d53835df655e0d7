// What a FaultList holds.
#pragma once

#include <span>
#include <string>

#include "fault/fault_list.hpp"
#include "tf_injector/fault_list.hpp"
#include "tf_injector/model.hpp"

namespace tf_injector {

struct FaultList::Data {
  detail::ResolvedFaultList list;
  std::string model_sha256;                        // of the model that the list fits; "": not known
  StorageFormat storage = StorageFormat::float32;  // of that model
};

}  // namespace tf_injector

namespace tf_injector::detail {

// Of "<list>.plan.json"; grows when an old reader would misread the new form.
inline constexpr int kPlanSchema = 1;

// Of the list, or of the part that it is. Valid as long as a copy of the list lives.
[[nodiscard]] inline FaultRows faults_of(const FaultList& list) { return list.rows(); }
[[nodiscard]] inline PatchRows patches_of(const FaultList& list) {
  return list.data()->list.patches.rows().subspan(list.first(), list.size());
}

// A list that is resolved already, for no model that is known, or for this one.
[[nodiscard]] FaultList list_of(ResolvedFaultList list);
[[nodiscard]] FaultList list_of(ResolvedFaultList list, const Model& model);
// Throws Error(usage): the list was made for another model.
void check_model(const FaultList& list, const Model& model);

}  // namespace tf_injector::detail
