// In which ways replay computes the steps of a plan, by name: for the test that none is left out.
#pragma once

#include <set>
#include <string>

#include "replay/plan/replay_plan.hpp"
#include "support/random_graphs/random_case.hpp"

namespace tf_injector::detail::test {

// How many kinds of kernels kernels/pack_interfaces.hpp has. Another one: add its name below.
inline constexpr int kKernelForms = 8;

// What add_forms may find.
inline const std::set<std::string>& all_forms() {
  static const std::set<std::string> all = {"linear",
                                            "linear, cut sum",
                                            "linear, clipped",
                                            "linear, with an operand",
                                            "whole pixels",
                                            "elements moved",
                                            "average",
                                            "average in stripes",
                                            "window chain",
                                            "window lanes",
                                            "window maximum",
                                            "join",
                                            "element-wise",
                                            "function",
                                            "binary",
                                            "binary, one position",
                                            "binary, constant",
                                            "run whole",
                                            "a layer hit twice",
                                            "segments"};
  return all;
}

inline void add_forms(const replay::ReplayStep& step, int batch, std::set<std::string>& forms) {
  const auto add = [&](bool is, const char* name) {
    if (is) forms.insert(name);
  };
  if (step.linear) {
    forms.insert("linear");
    add(step.linear->kernel->blocks(batch).size() > 1, "linear, cut sum");
    add(step.linear->clipped_bound.has_value(), "linear, clipped");
    add(step.has_add, "linear, with an operand");
  } else if (step.elementwise) {
    forms.insert("element-wise");
  } else if (step.function != nullptr) {
    forms.insert("function");
  } else if (step.binary) {
    const std::array<bool, 2>& one = step.binary->one_position;
    add(!one[0] && !one[1], "binary");
    add(one[0] || one[1], "binary, one position");
    add(step.binary->kernel->has_constant(), "binary, constant");
  } else if (step.movement) {
    for (const replay::MovementStep::Position& position : step.movement->positions)
      forms.insert(position.source >= 0 ? "whole pixels" : "elements moved");
  } else if (step.average) {
    forms.insert(step.average->geometry.striped > 0 ? "average in stripes" : "average");
  } else if (step.window) {
    const WindowSum sum = step.window->kernel->window_sum();
    forms.insert(step.window->is_maxima()  ? "window maximum"
                 : sum == WindowSum::lanes ? "window lanes"
                                           : "window chain");
  } else {
    forms.insert(step.joins ? "join" : "run whole");
  }
}

inline void add_forms(const RandomCase& c, std::set<std::string>& forms) {
  const Plan plan = c.compile(KernelSet::automatic);
  const replay::ReplayPlan replay_plan(plan);
  for (const replay::ReplayStep& step : replay_plan.steps()) add_forms(step, c.batch_size, forms);
  if (replay_plan.segments().size() > 1) forms.insert("segments");
  for (const size_t kernel : c.kernels) {
    if (replay_plan.steps_holding(static_cast<WeightId>(kernel)).size() > 1)
      forms.insert("a layer hit twice");
  }
}

}  // namespace tf_injector::detail::test
