#include "replay/plan/step_arrays.hpp"

namespace tf_injector::detail::replay {
namespace {

void visit_linear(const LinearStep& linear, const ArrayVisitor& visit) {
  visit_array(visit, linear.weights.span());
  visit_array(visit, linear.geometry.source);
  if (!linear.clipped_bound) return;
  const ClippedBound& bound = *linear.clipped_bound;
  for (const AlignedBuffer* array : {&bound.slope, &bound.noise, &bound.offset})
    visit_array(visit, array->span());
}

}  // namespace

void visit_arrays(const ReplayStep& step, const ArrayVisitor& visit) {
  if (step.linear) visit_linear(*step.linear, visit);
  if (step.movement) {
    visit_array(visit, step.movement->positions);
    visit_array(visit, step.movement->elements);
  }
  if (step.average) {
    for (const AverageGeometry::Window& window : step.average->geometry.windows)
      visit_array(visit, window.positions);
  }
  if (step.window) {
    for (const WindowGeometry::Window& window : step.window->geometry.windows) {
      visit_array(visit, window.positions);
      visit_array(visit, window.taps);
    }
  }
}

}  // namespace tf_injector::detail::replay
