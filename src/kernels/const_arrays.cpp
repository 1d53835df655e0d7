#include "kernels/const_arrays.hpp"

#include <span>
#include <vector>

namespace tf_injector::detail {

void visit_arrays(const EpilogueData& epilogue, int64_t channels, const ArrayVisitor& visit) {
  const simd::EpilogueCall call = epilogue.parameters();
  for (const float* array : {call.bias, call.mean, call.istd, call.gamma, call.beta})
    if (array != nullptr) visit_array(visit, std::span(array, static_cast<size_t>(channels)));
  epilogue.visit_weights(visit);
}

void visit_arrays(const PositionTables& tables, const ArrayVisitor& visit) {
  for (const PositionTables::Class& c : tables.classes) {
    for (const std::vector<int32_t>* array : {&c.tap, &c.input, &c.output}) visit_array(visit, *array);
  }
  visit_array(visit, tables.places);
}

}  // namespace tf_injector::detail
